"""What each version of an organization changed, so that caches reload only that."""

from django.db import models

from customers.models.organization import Organization
from customers.tenancy import TenantModel


class DefinitionChange(TenantModel):
    """One version of an organization: `marks` are the ids of the rows that changed, by the label of their model.

    Only the newest are kept. If a version's row is missing, or has a label that a reader doesn't know, the reader
    assumes that everything has changed.
    """

    # The constraint's index serves queries by organization.
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
