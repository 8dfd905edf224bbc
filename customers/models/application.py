"""A digital property of an organization: what an API client authenticates as."""

import hashlib
import hmac
import uuid
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.models.encrypted_field import decrypt, encrypt
from customers.tenancy import TenantModel

IDENTITY = "identity_secret"


class Platform(models.TextChoices):
    """Where an application runs; docs/dialects/trace.md tells which endpoints ask for which."""

    REST = "rest", "REST API"
    WEB = "web", "Web"
    ANDROID = "android", "Android"
    IOS = "ios", "iOS"


SERVERS = (Platform.REST,)
# Platforms that have devices to register.
WITH_DEVICES = (Platform.REST, Platform.ANDROID, Platform.IOS)


class Application(TenantModel):
    """One credential for three dialects: `api_key` and secret (Basic, OAuth2), `app_token` (trace dialect).

    The secret is shown once, when it is created; only its first eight characters and its SHA-256 are stored. A random
    secret of 256 bits needs no slow hash, because it can't be guessed. The identity secret is needed to check
    customer-tokens, so it is encrypted; applications created before there were identity secrets have none until they
    get one.
    """

    name = models.CharField(max_length=255)
    api_key = models.CharField(max_length=40, unique=True, editable=False)
    secret_prefix = models.CharField(max_length=8, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    sealed_identity_secret = models.TextField(blank=True, default="", editable=False)
    app_token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    platforms = ArrayField(models.CharField(max_length=16, choices=Platform.choices), default=list, blank=True)
    allowed_origins = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="application_name_unique"),
            models.CheckConstraint(condition=models.Q(api_key__regex=r"^[0-9a-f]{40}$"), name="application_api_key"),
        ]

    def __str__(self) -> str:
        return self.name

    def has_secret(self, secret: str) -> bool:
        """Whether `secret` is this application's, compared in constant time."""
        return hmac.compare_digest(sha256_hex(secret), self.secret_sha256)

    @property
    def speaks_for_visitors(self) -> bool:
        """Whether the platform trusts what it says about visitors."""
        return speaks_for_visitors(self.platforms)

    @property
    def identity_secret(self) -> str:
        """The key of customer-tokens, empty if there is none; DomainError `secrets_unreadable`."""
        return decrypt(self.sealed_identity_secret).get(IDENTITY, "")

    def set_identity_secret(self, secret: str) -> None:
        """Encrypt it; doesn't save the row."""
        self.sealed_identity_secret = encrypt({IDENTITY: secret})

    def vouches_for(self, *, customer_id: str, token: str) -> bool:
        """Whether `token` is this application's customer-token of the id: hex HMAC-SHA256, in either case."""
        secret = self.identity_secret
        expected = hmac.digest(secret.encode(), customer_id.encode(), "sha256").hex()
        return bool(secret) and hmac.compare_digest(expected.encode(), token.lower().encode("utf-8", "surrogatepass"))


def speaks_for_visitors(platforms: Sequence[str]) -> bool:
    """Whether these are the REST platform alone, whose app-token only servers of the organization have."""
    return list(platforms) == list(SERVERS)


def sha256_hex(secret: str) -> str:
    """The form in which a secret is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
