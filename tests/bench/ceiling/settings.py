"""Settings of the reference: nothing but a URL; no middleware, no database, no applications."""

ROOT_URLCONF = "tests.bench.ceiling.application"
ALLOWED_HOSTS = ["127.0.0.1"]
SECRET_KEY = "the reference signs nothing"
MIDDLEWARE: list[str] = []
INSTALLED_APPS: list[str] = []
# As the product's defaults are.
WEB_THREADS = 2
STALLED_BODY_SECONDS, UNREAD_ANSWER_SECONDS = 10, 30
