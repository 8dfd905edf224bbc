"""The brands for which an organization runs campaigns."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from customers.tenancy import TenantModel


class Feature(models.TextChoices):
    """What can be switched on for an advertiser."""

    SPEND_LIMIT_UPDATE = "spend-limit-update", "its campaigns' spend limits may be changed"


class Advertiser(TenantModel):
    """A brand with a budget in one currency."""

    name = models.CharField(max_length=255)
    currency = models.CharField(max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}\Z")])
    features = ArrayField(
        models.CharField(max_length=63, choices=Feature.choices), default=list, blank=True, db_default=[]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="advertiser_name_unique")]

    def __str__(self) -> str:
        return self.name
