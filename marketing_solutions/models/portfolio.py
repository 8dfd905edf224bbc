"""Which advertisers an application sees."""

from django.db import models

from customers.models import Application
from customers.tenancy import TenantModel
from marketing_solutions.models.advertiser import Advertiser


class Portfolio(TenantModel):
    """An advertiser in an application's portfolio: its campaigns may be read, and managed where this says so."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="portfolio")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.CASCADE, related_name="portfolios")
    may_manage = models.BooleanField(default=False, help_text="May create campaigns and change spend limits.")

    class Meta:
        ordering = ["application_id", "advertiser_id"]
        verbose_name = "advertiser in a portfolio"
        verbose_name_plural = "portfolios"
        constraints = [models.UniqueConstraint(fields=["application", "advertiser"], name="portfolio_advertiser_once")]

    def __str__(self) -> str:
        return f"{self.advertiser} for {self.application}"
