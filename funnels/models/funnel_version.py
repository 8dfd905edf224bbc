"""A funnel's steps as they stood when they were saved."""

from django.db import models
from django.db.models.functions import Now

from campaigns.models import AdCampaign
from customers.tenancy import TenantModel


class FunnelVersion(TenantModel):
    """One graph of steps; never changed, so that whoever is on the way keeps the path they entered.

    `definition` is what `funnels.steps.parse` has checked: `{start, steps, types}`.
    """

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="funnel_versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="funnel_version_number")]

    def __str__(self) -> str:
        return f"version {self.number}"
