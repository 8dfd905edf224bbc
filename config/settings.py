"""Every setting of the product, read once from typed environment variables (`.env.example` lists them)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from config.environment import encryption_keys, env, integer, numbers, postgresql, redis, seconds_by_kind
from config.health_paths import HEALTH_PATHS
from config.secret_key import derived_encryption_key, local_secret_key, require_random_keys
from customers.private_files import FILE, FOLDER

# Lets Django's generic classes be written with their type, as the type checker sees them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where things live -------------------------------------------------------------------------
PRODUCTION: bool = env.bool("PRODUCTION", False)
DEBUG: bool = env.bool("DEBUG", False)
DATA_DIR: Path = Path(env.str("DATA_DIR", str(BASE_DIR / ".data"))).expanduser().absolute()
HOST: str = env.str("HOST", "127.0.0.1")
PORT: int = integer("PORT", 8000, least=1, most=65_535)
BASE_URL: str = env.str("BASE_URL", f"http://[{HOST}]:{PORT}" if ":" in HOST else f"http://{HOST}:{PORT}")
# Processes of the web server, and threads in each (a thread keeps one database connection).
WEB_WORKERS: int = integer("WEB_WORKERS", 2, least=1)
WEB_THREADS: int = integer("WEB_THREADS", 2, least=1)
# Timeouts: of a request's head and of a stalled body, and of an answer that the client doesn't read.
STALLED_BODY_SECONDS: int = integer("STALLED_BODY_SECONDS", 10, least=1)
UNREAD_ANSWER_SECONDS: int = integer("UNREAD_ANSWER_SECONDS", 30, least=1)

# --- Security ----------------------------------------------------------------------------------
SECRET_KEY: str = env.str("SECRET_KEY", "")
if PRODUCTION and not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be set when PRODUCTION is on")
SECRET_KEY = SECRET_KEY or local_secret_key(DATA_DIR)
# Fernet keys of secrets in the database: the first one encrypts, every one decrypts.
ENCRYPTION_KEYS: list[str] = encryption_keys("ENCRYPTION_KEYS")
if PRODUCTION and not ENCRYPTION_KEYS:
    raise ImproperlyConfigured("ENCRYPTION_KEYS must be set when PRODUCTION is on")
if PRODUCTION:
    require_random_keys(SECRET_KEY, ENCRYPTION_KEYS)
    if DEBUG:
        raise ImproperlyConfigured("DEBUG must be off when PRODUCTION is on: its pages show secrets")
ENCRYPTION_KEYS = ENCRYPTION_KEYS or [derived_encryption_key(SECRET_KEY)]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTH_USER_MODEL = "customers.Operator"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# After five failures a name is locked for a quarter of an hour, and refused before the password is hashed
# (docs/decisions/0092); `config.login` counts failures and logs every attempt.
AXES_HANDLER = "config.login.Attempts"
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "config.login.address_of"
AXES_USERNAME_CALLABLE = "config.login.name_of"
AXES_LOCKOUT_CALLABLE = "config.login.wait"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# Failed logins from one address, whatever the names, within that time.
MOST_FAILURES_OF_AN_ADDRESS = 50
# After so many seconds an operator must log in again.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_REDIRECT_EXEMPT = [f"^{path.removeprefix('/')}$" for path in sorted(HEALTH_PATHS)]
SECURE_HSTS_SECONDS: int = integer("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
# Both affect other hosts of the domain, and a place in browsers' preload lists can hardly be undone. So they are off by
# default, and Django's checks that demand them (W005, W021) are silenced.
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies stand before the web server and add to X-Forwarded-For; 0: the header is not believed.
TRUSTED_PROXIES: int = integer("TRUSTED_PROXIES", 0, most=10)
# One request body, in bytes (contract 4, section C "limits"); the management dialect keeps to the same, the marketing
# solutions dialect has a limit of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# --- Applications ------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_filters",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "customers",
    "campaigns",
    "traces",
    "funnels",
    "marketing_solutions",
]
MIDDLEWARE = [
    "config.middleware.request_identity",
    "config.headers.security_headers",
    "config.hang_ups.statements_end_with_their_client",
    "django.middleware.security.SecurityMiddleware",
    "config.guards.own_requests",
    "config.middleware.api_short_cut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.storable_texts",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.middleware.RepeatedPages",
]
# Paths of the APIs, for which `config.middleware.api_short_cut` skips the middleware that only pages need.
API_PREFIXES = (
    "/priv/",
    "/api/",
    "/API/",
    *sorted(HEALTH_PATHS),
    "/marketing-solutions/",
    "/oauth2/",
    *(f"/{version}/marketing-solutions/" for version in ("preview", "2023-07", "2024-01", "2027-01")),
)
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database ----------------------------------------------------------------------------------
# Without DATABASE_URL the engine starts the embedded PostgreSQL under DATA_DIR at its first connection.
DATABASE_URL: str = env.str("DATABASE_URL", "")
EMBEDDED_POSTGRESQL: Path | None = None if DATABASE_URL else DATA_DIR / "postgresql"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **(postgresql("DATABASE_URL") if DATABASE_URL else {"NAME": "campaigns"}),
        "ENGINE": "config.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    },
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"server_side_binding": True, "prepare_threshold": 2, "connect_timeout": 5},
)

# Timeouts of statements and of waiting for locks in seconds, by the kind of work (0: none); a request that exceeds one
# is answered 503. The kinds are those of `customers.bounds`; docs/operations.md describes them.
STATEMENT_TIMEOUT_SECONDS: dict[str, float] = seconds_by_kind(
    "STATEMENT_TIMEOUT_SECONDS",
    {"hot": 15, "api": 30, "preview": 15, "admin": 30, "worker": 900, "schema": 0, "command": 0},
)
LOCK_TIMEOUT_SECONDS: dict[str, float] = seconds_by_kind(
    "LOCK_TIMEOUT_SECONDS",
    {"hot": 10, "api": 15, "preview": 5, "admin": 15, "worker": 15, "schema": 0, "command": 15},
)
# How many previews of audiences, and how many searches with large answers, an organization may run at a time.
PREVIEWS_AT_A_TIME: int = integer("PREVIEWS_AT_A_TIME", 2, least=1, most=1_000)
SEARCHES_AT_A_TIME: int = integer("SEARCHES_AT_A_TIME", 2, least=1, most=1_000)

# --- Background work ---------------------------------------------------------------------------
REDIS_URL: str = redis("REDIS_URL")
# Tasks that one worker runs at a time.
WORKER_CONCURRENCY: int = integer("WORKER_CONCURRENCY", 2, least=1)
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# No limit: a worker that gave up on its broker would only be restarted.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A hint is sent without retries, so that nothing waits for an unreachable broker.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_timeout": 5, "socket_connect_timeout": 2, "max_retries": 1, "interval_start": 0, "interval_max": 0}
    if REDIS_URL
    # How often the worker of `manage.py work` polls for hints and for its end.
    else {"polling_interval": 0.1}
)
CELERY_BEAT_SCHEDULER = "config.beat:PatientScheduler"
# How long a hint is valid: longer than its period, because machines' clocks may differ.
HINT_SECONDS = 60
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, HINT_SECONDS)}}
    for name, task, seconds in (
        ("maintain deliveries", "campaigns.maintain_deliveries", 1.0),
        ("maintain field indexes", "customers.maintain_field_indexes", 60.0),
        ("retire old rows", "config.retire_old_rows", 30.0),
        ("clear retired fields", "customers.clear_retired_fields", 10.0),
        ("clear minute counts", "customers.clear_minute_counts", 60.0),
        ("clear expired sessions", "customers.clear_expired_sessions", 3600.0),
        ("clear stored responses", "marketing_solutions.clear_stored_responses", 3600.0),
    )
}

# --- Deliveries --------------------------------------------------------------------------------
# How many customers one statement checks for membership in an audience.
AUDIENCE_CHUNK: int = integer("AUDIENCE_CHUNK", 250_000, least=1)
# After how many seconds without a heartbeat a worker counts as dead, and another one takes over its work.
LEASE_SECONDS: int = integer("LEASE_SECONDS", 30, least=1)
# The folder of audience files, which every process that writes or serves them must share.
EXPORT_ROOT: Path = Path(env.str("EXPORT_ROOT", str(DATA_DIR / "exports"))).expanduser().absolute()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "audiences": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": EXPORT_ROOT, "file_permissions_mode": FILE, "directory_permissions_mode": FOLDER},
    },
}
# Whether destinations may be on this machine or in its network; else only public addresses are allowed.
ALLOW_PRIVATE_DESTINATIONS: bool = env.bool("ALLOW_PRIVATE_DESTINATIONS", False)
# The mail server of destinations that name none of their own.
vars().update(env.email_url("EMAIL_URL", "smtp://localhost:25"))
EMAIL_TIMEOUT = 30

# --- Retention ---------------------------------------------------------------------------------
# After how many days rows are deleted, by kind; 0 keeps them for good. Kinds, rules and sizes: docs/operations.md.
RETAIN_DECISIONS_DAYS: int = integer("RETAIN_DECISIONS_DAYS", 30, most=36_500)
RETAIN_ACTIONS_DAYS: int = integer("RETAIN_ACTIONS_DAYS", 0, most=36_500)
RETAIN_TRAILS_DAYS: int = integer("RETAIN_TRAILS_DAYS", 0, most=36_500)
RETAIN_INTERACTIONS_DAYS: int = integer("RETAIN_INTERACTIONS_DAYS", 0, most=36_500)
RETAIN_EVENTS_DAYS: int = integer("RETAIN_EVENTS_DAYS", 0, most=36_500)
RETAIN_COUNTERS_DAYS: int = integer("RETAIN_COUNTERS_DAYS", 0, most=36_500)
RETAIN_CHUNKS_DAYS: int = integer("RETAIN_CHUNKS_DAYS", 0, most=36_500)
RETAIN_RECIPIENTS_DAYS: int = integer("RETAIN_RECIPIENTS_DAYS", 0, most=36_500)
RETAIN_CHANGES_DAYS: int = integer("RETAIN_CHANGES_DAYS", 0, most=36_500)
RETAIN_AUDIENCE_FILES_DAYS: int = integer("RETAIN_AUDIENCE_FILES_DAYS", 0, most=36_500)

# --- The trace dialect -------------------------------------------------------------------------
# The application of traces that are started without an app-token (contract 4, section C).
DEFAULT_APP_TOKEN: str = env.str("DEFAULT_APP_TOKEN", "")

# --- Decisions ---------------------------------------------------------------------------------
# The size of each process's cache of compiled definitions, of all organizations together (least recently used first
# out). 5 000 campaigns with a banner and a behavior each take about 75 MB.
DEFINITION_CACHE_MB: int = integer("DEFINITION_CACHE_MB", 256, least=1)
# Which decisions are logged with their reasons: off, sampled (DECISION_LOG_PERCENT of them), all.
DECISION_LOG: str = env.str("DECISION_LOG", "sampled")
if DECISION_LOG not in {"off", "sampled", "all"}:
    raise ImproperlyConfigured("DECISION_LOG must be off, sampled or all")
DECISION_LOG_PERCENT: float = env.float("DECISION_LOG_PERCENT", 1.0)
# The ids of organizations whose decisions are all logged, whatever DECISION_LOG says: each is a row of some kilobytes,
# and a page view must then evaluate every campaign. `serve --demo` sets the demo's.
DECISION_LOG_ALL_OF: frozenset[int] = numbers("DECISION_LOG_ALL_OF")

# --- The demo ----------------------------------------------------------------------------------
# `serve --demo` sets it for its processes: the demo's shop is served at /demo/.
DEMO: bool = env.bool("DEMO", False)

# --- Rate limit --------------------------------------------------------------------------------
# Requests a minute that an OAuth2 client may send; 0 switches the limit off. Counted in Redis where REDIS_URL names
# one, else in the database.
REQUESTS_PER_MINUTE: int = integer("REQUESTS_PER_MINUTE", 250)
# Limits of anonymous callers with a public app-token, counted in the same way: new visitors of an address, and priced
# impressions of a customer. 0 switches a limit off.
NEW_VISITORS_PER_MINUTE: int = integer("NEW_VISITORS_PER_MINUTE", 600)
CHARGED_IMPRESSIONS_PER_MINUTE: int = integer("CHARGED_IMPRESSIONS_PER_MINUTE", 60)
# What scripts send where they know no customer: in whatever case, these are nobody's ids.
NOBODYS_IDS = (
    "undefined,null,none,nil,nan,0,-1,true,false,anonymous,guest,unknown,n/a,(null),{},[],[object Object],"
    # What devices send where their owner refuses an advertising id.
    "00000000-0000-0000-0000-000000000000"
)
REFUSED_CUSTOMER_IDS: frozenset[str] = frozenset(
    one.strip().lower() for one in env.str("REFUSED_CUSTOMER_IDS", NOBODYS_IDS).split(",")
)

# --- Static files, language, time --------------------------------------------------------------
STATIC_URL = "/static/"
# The folder of `collectstatic`; without it the files are served from where the packages have them.
STATIC_ROOT: str | None = env.str("STATIC_ROOT", "") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = False
LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# --- The API's own documentation ---------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Campaign platform",
    "DESCRIPTION": "One campaign core behind three public API dialects.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Status": "campaigns.models.level.Status.choices",
        "DeliveryState": "campaigns.models.delivery.DeliveryState.values",
        "FieldType": "customers.field_values.field_type.FIELD_TYPES",
        "IssuedOfferState": "campaigns.models.offer.IssuedOfferState.values",
        "ActivityType": "traces.models.action.ActionType.choices",
        "ResourceType": [("Campaign", "Campaign")],
    },
    "PREPROCESSING_HOOKS": [
        "traces.wire.documentation.described_once",
        "marketing_solutions.api.documentation.described_once",
    ],
}

# --- Logging -----------------------------------------------------------------------------------
LOG_LEVEL: str = env.str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"level": LOG_LEVEL, "json": env.bool("LOG_JSON", PRODUCTION)}
