"""What a campaign leads its customers through (contract 3, "Funnel object description")."""

from django.db import models
from django.db.models.functions import Now

from campaigns.models import AdCampaign
from customers.tenancy import TenantModel
from funnels.models.funnel_version import FunnelVersion


class Funnel(TenantModel):
    """How a campaign's funnel looks, and which version of its steps newcomers enter."""

    campaign = models.OneToOneField(AdCampaign, on_delete=models.CASCADE, related_name="funnel")
    version = models.OneToOneField(FunnelVersion, on_delete=models.PROTECT, related_name="+", editable=False)
    style = models.TextField(blank=True, default="", help_text="CSS of the page; sanitised when it is saved.")
    landing_page = models.TextField(
        blank=True, default="", help_text="HTML that opens the funnel; sanitised when it is saved."
    )
    always_use_landing = models.BooleanField(default=False, help_text="Open with it also after the funnel was begun.")
    allow_dismiss = models.BooleanField(default=True, help_text='Offer "I\'m not interested".')
    show_progress_bar = models.BooleanField(default=True)
    new_window = models.BooleanField(default=False, help_text="Show the funnel in a new window.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Funnel of {self.campaign}"
