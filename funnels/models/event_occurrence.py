"""Business events that happened and triggered a campaign."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models import AdCampaign
from customers.models import CustomerOwned
from funnels.models.business_event import BusinessEvent
from traces.models import Trace


class EventOccurrence(CustomerOwned):
    """One report of a business event and its answer; with an `idempotency_key` a repeated report changes nothing.

    `token` is the tracking token of the offer, `customer_reference` the customer-id as it was answered.
    """

    event = models.ForeignKey(BusinessEvent, on_delete=models.CASCADE, related_name="occurrences")
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="+")
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="+")
    token = models.UUIDField()
    customer_reference = models.CharField(max_length=255)
    context = models.JSONField(default=dict, blank=True)
    restarts_funnel = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="event_occurrence_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} at {self.created_at}"
