"""A part of building an audience, small enough to be repeated."""

from django.db import models
from django.db.models import Q

from campaigns.models.delivery import Delivery
from customers.tenancy import TenantModel


class AudienceChunk(TenantModel):
    """The customers with ids from `first_id` to `last_id`, as far as they are in a delivery's audience.

    `done_at` is set in the transaction that adds the recipients. Until then it may be leased: a worker that doesn't
    extend `leased_until` in time counts as crashed. `attempts` counts leases.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    lease_token = models.BigIntegerField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["delivery_id", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="audience_chunk_number")]
        indexes = [models.Index(fields=["delivery"], condition=Q(done_at__isnull=True), name="audience_chunk_to_do")]

    def __str__(self) -> str:
        return f"{self.first_id} to {self.last_id}"
