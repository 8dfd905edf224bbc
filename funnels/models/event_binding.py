"""Which campaigns a business event may trigger (contract 3, Campaign Settings/Business Events)."""

from collections.abc import Iterator

from django.db import models

from campaigns.models import AdCampaign
from customers.models import NamesFields
from funnels.models.business_event import BusinessEvent


class EventBinding(NamesFields):
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

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Filters of business events of living campaigns."""
        named = cls.objects.filter(organization_id=organization_id, filter__contains=[{"attribute": name}])
        living = named.filter(campaign__deleted_at__isnull=True).order_by("id")
        for event, campaign in living.values_list("event__name", "campaign__name"):
            yield f'the filter of the event "{event}" of the campaign "{campaign}"'
