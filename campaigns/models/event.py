"""What customers do, as every dialect reports it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from customers.models import CustomerOwned


class Event(CustomerOwned):
    """Something a customer did at a time; `event_id` (unique in the organization) makes ingestion idempotent.

    An `event_id` begins with a word for who made it (`action:…`), or with the id of the application that told it.
    """

    event_id = models.CharField(max_length=300, null=True, blank=True)
    name = models.CharField(max_length=255)
    at = models.DateTimeField(help_text="When it happened, which may be before we heard of it.")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, help_text="Money.")
    quantity = models.PositiveIntegerField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event_id"], condition=Q(event_id__isnull=False), name="event_id_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name
