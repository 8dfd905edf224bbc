"""Deleted fields whose values customers may still have."""

from django.db import models
from django.db.models.functions import Now

from customers.tenancy import TenantModel


class RetiredField(TenantModel):
    """Work to do: remove the values of a deleted field from all customers whose id is above `after_id`.

    A merge may move a value to a customer below, so passes are repeated until one has found none (`found_any`). Until
    then no new field can have the name, or it would find values that are not its own.
    """

    name = models.CharField(max_length=63)
    after_id = models.BigIntegerField(default=0, db_default=0)
    found_any = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="retired_field_name_unique")]

    def __str__(self) -> str:
        return self.name
