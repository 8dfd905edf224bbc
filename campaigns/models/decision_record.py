"""What was decided about a customer, for explanation afterwards."""

from django.db import models
from django.db.models.functions import Now

from customers.models import CustomerOwned


class DecisionRecord(CustomerOwned):
    """One decision: `chosen` are campaign ids in their order, `excluded` is `{campaign id: reason}`.

    `source` is what asked (`sync-page`, `active`, `business-event`), `place` the placements that were asked for.
    """

    source = models.CharField(max_length=20)
    place = models.JSONField(default=list, blank=True)
    at = models.DateTimeField()
    version = models.BigIntegerField(help_text="Of the organization's definitions that were decided from.")
    chosen = models.JSONField(default=list, blank=True)
    excluded = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["customer", "-at"], name="decision_of_customer")]

    def __str__(self) -> str:
        return f"{self.source} at {self.at:%Y-%m-%d %H:%M:%S}"
