"""What each raise of an organization's version stamp changed, so that what is kept in process loads only that."""

from django.db import models

from customers.models.organization import Organization
from customers.tenancy import TenantModel


class DefinitionChange(TenantModel):
    """One raise of `Organization.version`: `marks` are the ids of the rows that changed, by the label of their model.

    Only the newest ones are kept. A raise whose row is missing, or names a label that a reader doesn't know, means to
    that reader that everything may have changed.
    """

    # The constraint's index finds those of an organization.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.BigIntegerField()
    marks = models.JSONField()

    class Meta:
        ordering = ["organization_id", "version"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "version"], name="definition_change_one_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.version}"
