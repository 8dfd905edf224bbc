"""The top of the hierarchy."""

from django.db import models

from campaigns.models.level import LIVING, DatedLevel


class AdCampaign(DatedLevel):
    """A campaign; its permalink is its address in the customer's own systems."""

    permalink = models.CharField(max_length=255)
    owner = models.CharField(max_length=255, null=True, blank=True)
    category = models.CharField(max_length=255, null=True, blank=True)
    priority = models.IntegerField(default=0, db_default=0, help_text="The higher one is chosen first.")

    class Meta(DatedLevel.Meta):
        ordering = ["-id"]
        constraints = [
            *DatedLevel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "name"], condition=LIVING, name="campaign_name_unique_among_living"
            ),
            models.UniqueConstraint(
                fields=["organization", "permalink"], condition=LIVING, name="campaign_permalink_unique_among_living"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], condition=LIVING, name="campaign_living_newest_first")]
