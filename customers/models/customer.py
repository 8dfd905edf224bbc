"""The people who are served."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from customers.tenancy import TenantModel


class Customer(TenantModel):
    """A person known to an organization by its own id (`external_id`), or an anonymous visitor with a uuid only."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    external_id = models.CharField(max_length=255, null=True, blank=True)
    is_anonymous = models.BooleanField(default=False)
    attributes = models.JSONField(
        default=dict, blank=True, help_text="By the organization's schema, each in its kept form."
    )
    tags = ArrayField(models.CharField(max_length=255), default=list, blank=True, db_default=[])
    points = models.BigIntegerField(default=0, db_default=0)
    consent = models.BooleanField(default=True, help_text="May be shown and sent campaigns at all.")
    email_consent = models.BooleanField(default=True, help_text="May be sent email, where consent is given.")
    push_consent = models.BooleanField(default=True, help_text="May be sent push messages, where consent is given.")
    last_platform = models.CharField(max_length=255, blank=True, default="", db_default="")
    last_language = models.CharField(max_length=255, blank=True, default="", db_default="")
    last_channel = models.CharField(max_length=255, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="customer_external_id_unique"),
            models.CheckConstraint(
                condition=models.Q(is_anonymous=True) | models.Q(external_id__isnull=False),
                name="customer_known_has_external_id",
            ),
        ]
        indexes = [
            GinIndex(fields=["tags"], name="customer_tags"),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.uuid)
