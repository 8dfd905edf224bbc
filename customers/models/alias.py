"""Identifiers that once were a customer's and go on finding the one it was merged into."""

from django.db import models
from django.db.models.functions import Now

from customers.models.customer_owned import CustomerOwned


class CustomerAlias(CustomerOwned):
    """The external id and uuid of a customer that is no more, and who lives on for them.

    `former_id` was its row's, and `merged_in` is the number of the transaction that merged it: whoever has a snapshot
    of the database knows by it which merges came after. Empty for merges of long ago.
    """

    external_id = models.CharField(max_length=255)
    uuid = models.UUIDField(unique=True)
    former_id = models.BigIntegerField(null=True, blank=True, editable=False)
    merged_in = models.BigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "customer aliases"
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="customer_alias_unique"),
        ]
        indexes = [models.Index(fields=["organization", "merged_in"], name="customer_alias_merged_in")]

    def __str__(self) -> str:
        return self.external_id
