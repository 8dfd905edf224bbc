"""A visit."""

import uuid

from django.db import models
from django.db.models.functions import Now

from customers.tenancy import TenantModel
from traces.models.trace import Trace


class Trail(TenantModel):
    """One visit to a website or app, or through another channel; its uuid is the `trail-id`."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="trails")
    language = models.CharField(max_length=255, blank=True, default="")
    platform = models.CharField(max_length=255, blank=True, default="")
    channel = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.uuid)
