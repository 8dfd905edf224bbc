"""The brands for which an organization runs campaigns."""

from django.core.validators import RegexValidator
from django.db import models

from customers.tenancy import TenantModel


class Advertiser(TenantModel):
    """A brand with a budget in one currency."""

    name = models.CharField(max_length=255)
    currency = models.CharField(max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}\Z")])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="advertiser_name_unique")]

    def __str__(self) -> str:
        return self.name
