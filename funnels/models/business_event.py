"""Events of an application that may trigger a campaign (contract 3, Business Events)."""

from django.db import models

from customers.models import Application
from customers.tenancy import TenantModel


class BusinessEvent(TenantModel):
    """An event that an application may report; its name is unique there."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="business_events")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "name"],
                name="business_event_name_unique",
                violation_error_message="The application already has an event of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
