"""The container of a campaign's creative groups."""

from django.db import models

from campaigns.models.campaign import AdCampaign
from campaigns.models.level import LIVING, DatedLevel

MAXIMUM_DESCRIPTION = 10_000


class AdLineItem(DatedLevel):
    """A container; a campaign has at most one that lives."""

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="line_items")
    display_name = models.CharField(max_length=255, null=True, blank=True)
    description = models.TextField(max_length=MAXIMUM_DESCRIPTION, null=True, blank=True)

    class Meta(DatedLevel.Meta):
        ordering = ["-id"]
        constraints = [
            *DatedLevel.Meta.constraints,
            models.UniqueConstraint(fields=["campaign"], condition=LIVING, name="line_item_one_living_per_campaign"),
        ]
