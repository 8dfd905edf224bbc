"""A digital property of an organization: what an API client authenticates as."""

import hashlib
import hmac
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.tenancy import TenantModel


class Platform(models.TextChoices):
    """Where an application runs; the trace dialect's customer endpoints ask for `rest`."""

    REST = "rest", "REST API"
    WEB = "web", "Web"
    ANDROID = "android", "Android"
    IOS = "ios", "iOS"


class Application(TenantModel):
    """One credential for three dialects: `api_key` and secret (Basic, OAuth2), `app_token` (trace dialect).

    The secret is shown once, when it is made; here stand only its first eight characters and its SHA-256. A random
    secret of 256 bits needs no slow hash: there is nothing to guess.
    """

    name = models.CharField(max_length=255)
    api_key = models.CharField(max_length=40, unique=True, editable=False)
    secret_prefix = models.CharField(max_length=8, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
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


def sha256_hex(secret: str) -> str:
    """The form in which a secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
