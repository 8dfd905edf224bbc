"""Former identifiers of customers, which resolve to the ones they were merged into."""

from django.db import models
from django.db.models.functions import Now

from customers.models.customer_owned import CustomerOwned


class CustomerAlias(CustomerOwned):
    """The external id and uuid of a merged customer, and the surviving customer.

    `former_id` was its primary key, and `merged_in` is the number of the transaction that merged it, which tells
    whoever has a snapshot of the database whether the merge came after it. Null for merges before these columns
    existed.
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
