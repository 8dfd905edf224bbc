"""Whose row is it: every row of a tenant hangs below one organization, and no query is made without naming it."""

from typing import Any, Self

from django.db import models


class TenantQuerySet(models.QuerySet[Any]):
    """Rows of tenants; `of` is the only door the queries and services use."""

    def of(self, organization: models.Model) -> Self:
        """The rows of one organization."""
        return self.filter(organization=organization)


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey("customers.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
