"""A digital property of an organization: what an API client authenticates as."""

import hashlib
import hmac
import uuid
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.models.sealed import seal, unseal
from customers.tenancy import TenantModel

IDENTITY = "identity_secret"


class Platform(models.TextChoices):
    """Where an application runs; docs/dialects/trace.md tells which endpoints ask for which."""

    REST = "rest", "REST API"
    WEB = "web", "Web"
    ANDROID = "android", "Android"
    IOS = "ios", "iOS"


SERVERS = (Platform.REST,)
# What has devices to register.
WITH_DEVICES = (Platform.REST, Platform.ANDROID, Platform.IOS)


class Application(TenantModel):
    """One credential for three dialects: `api_key` and secret (Basic, OAuth2), `app_token` (trace dialect).

    The secret is shown once, when it is made; here stand only its first eight characters and its SHA-256. A random
    secret of 256 bits needs no slow hash: there is nothing to guess. The identity secret is needed again to check
    customer-tokens, so it is sealed; an application of before there were any has none until it is given one.
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
        """Whether `secret` is this application's, in time that doesn't depend on how much of it is right."""
        return hmac.compare_digest(sha256_hex(secret), self.secret_sha256)

    @property
    def speaks_for_visitors(self) -> bool:
        """Whether its word about a visitor counts."""
        return speaks_for_visitors(self.platforms)

    @property
    def identity_secret(self) -> str:
        """What customer-tokens are keyed with, empty where there is none; DomainError `secrets_unreadable`."""
        return unseal(self.sealed_identity_secret).get(IDENTITY, "")

    def keep_identity_secret(self, secret: str) -> None:
        """Seal it; the row is not yet saved."""
        self.sealed_identity_secret = seal({IDENTITY: secret})

    def vouches_for(self, *, customer_id: str, token: str) -> bool:
        """Whether `token` is this application's customer-token of the id: hex HMAC-SHA256, in either case."""
        secret = self.identity_secret
        expected = hmac.digest(secret.encode(), customer_id.encode(), "sha256").hex()
        return bool(secret) and hmac.compare_digest(expected.encode(), token.lower().encode("utf-8", "surrogatepass"))


def speaks_for_visitors(platforms: Sequence[str]) -> bool:
    """Whether these are the REST platform alone: nobody has the app-token but servers of the organization."""
    return list(platforms) == list(SERVERS)


def sha256_hex(secret: str) -> str:
    """The form in which a secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
