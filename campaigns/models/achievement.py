"""Behaviors: what a customer does to earn an outcome."""

from django.db import models
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from customers.tenancy import TenantModel


class Achievement(TenantModel):
    """A behavior of a campaign; a triggered creative is sent when it is earned."""

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="achievements")
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
