"""Which campaigns a business event may trigger (contract 3, Campaign Settings/Business Events)."""

from django.db import models

from campaigns.models import AdCampaign
from customers.tenancy import TenantModel
from funnels.models.business_event import BusinessEvent


class EventBinding(TenantModel):
    """A business event of a campaign, with an optional filter beside the campaign's own targeting.

    `filter` is a list of targets `{attribute, operator, values}` over the customer, and over the event's context where
    the attribute begins with `context.`.
    """

    event = models.ForeignKey(BusinessEvent, on_delete=models.CASCADE, related_name="bindings")
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="event_bindings")
    filter = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "campaign"],
                name="event_binding_unique",
                violation_error_message="The campaign already has this event.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} on {self.event}"
