"""Whose row is it: every row of a tenant hangs below one organization, and no query is made without naming it."""

from django.db import models


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    organization = models.ForeignKey("customers.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
