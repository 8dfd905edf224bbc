"""What unfolds over a page (contract 3, Banners and Popups)."""

from django.db import models

from campaigns.models import AdCampaign, AdGroup
from customers.models import Application
from customers.tenancy import TenantModel


class Popup(TenantModel):
    """A campaign's popup on the pages of an application.

    `page_location` is compared with the whole location of the page; `*` in it stands for any characters.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="popups")
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="popups")
    group = models.ForeignKey(AdGroup, on_delete=models.CASCADE, related_name="popups", null=True, blank=True)
    page_location = models.CharField(max_length=2048)
    show_close = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.campaign} on {self.page_location}"
