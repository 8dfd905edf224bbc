"""Campaign-level targeting."""

from django.db import models

from campaigns.models.campaign import AdCampaign
from customers.tenancy import TenantModel


class AdBundle(TenantModel):
    """Holds the targets of a campaign; every campaign has exactly one, made with it."""

    campaign = models.OneToOneField(AdCampaign, on_delete=models.CASCADE, related_name="ad_bundle")

    def __str__(self) -> str:
        return f"Targeting of {self.campaign}"
