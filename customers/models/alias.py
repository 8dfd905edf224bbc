"""Identifiers that once were a customer's and go on finding the one it was merged into."""

from django.db import models
from django.db.models.functions import Now

from customers.models.customer_owned import CustomerOwned


class CustomerAlias(CustomerOwned):
    """The external id and uuid of a customer that is no more, and who lives on for them."""

    external_id = models.CharField(max_length=255)
    uuid = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "customer aliases"
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="customer_alias_unique"),
        ]

    def __str__(self) -> str:
        return self.external_id
