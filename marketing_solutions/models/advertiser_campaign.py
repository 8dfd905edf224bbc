"""What this dialect adds to a campaign."""

from django.db import models
from django.db.models import Q

from campaigns.models import AdCampaign
from customers.tenancy import TenantModel
from marketing_solutions.models.advertiser import Advertiser


class MarketingGoal(models.TextChoices):
    """The marketing goal; `unspecified` is that of older campaigns only."""

    ACQUISITION = "acquisition"
    RETENTION = "retention"
    UNSPECIFIED = "unspecified"


class AdvertiserCampaign(TenantModel):
    """The advertiser and the goal of a campaign; a campaign without one is not seen in this dialect."""

    campaign = models.OneToOneField(AdCampaign, on_delete=models.CASCADE, related_name="advertiser_campaign")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns", db_index=False)
    goal = models.CharField(max_length=11, choices=MarketingGoal.choices, default=MarketingGoal.UNSPECIFIED)

    class Meta:
        ordering = ["campaign_id"]
        verbose_name = "campaign of an advertiser"
        verbose_name_plural = "campaigns of advertisers"
        constraints = [
            models.CheckConstraint(condition=Q(goal__in=MarketingGoal.values), name="advertiser_campaign_goal")
        ]
        indexes = [models.Index(fields=["advertiser", "campaign"], name="advertiser_campaign_in_order")]

    def __str__(self) -> str:
        return f"{self.campaign} for {self.advertiser}"
