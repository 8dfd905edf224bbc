"""Offers, and those that customers were given (contract 1, `deal`; contract 4, section A "offers")."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now

from customers.models import CustomerOwned
from customers.models.customer_owned import LockOrder
from customers.tenancy import TenantModel

# What one entry of a customer's points may be, and all together: what every client of JSON reads exactly.
MAXIMUM_POINTS = 2**31 - 1
MAXIMUM_BALANCE = 2**53 - 1
MAXIMUM_DESCRIPTION = 4_000
LOCK_ISSUED = """
SELECT id FROM campaigns_offer WHERE id IN (
    SELECT offer_id FROM campaigns_issuedoffer WHERE customer_id = ANY(%s::bigint[]))
ORDER BY id FOR NO KEY UPDATE
"""
DELETE_ISSUED = """
WITH lost AS (DELETE FROM campaigns_issuedoffer WHERE customer_id = ANY(%s::bigint[]) RETURNING offer_id)
UPDATE campaigns_offer offer SET issued_count = issued_count - several.number
FROM (SELECT offer_id, count(*) AS number FROM lost GROUP BY offer_id) several WHERE offer.id = several.offer_id
"""


def generated_guid() -> str:
    """A guid for an offer whose maker named none."""
    return str(uuid.uuid4())


class Offer(TenantModel):
    """Something to be given to customers; `guid` is the id of the contract's `deal`.

    `issued_count` is raised with each offer that is issued and never passes `total_limit`.
    """

    guid = models.CharField(max_length=255, default=generated_guid)
    name = models.CharField(max_length=255)
    description = models.TextField(max_length=MAXIMUM_DESCRIPTION, null=True, blank=True)
    points = models.BigIntegerField(null=True, blank=True, help_text="Points that the offer gives when it is issued.")
    total_limit = models.PositiveBigIntegerField(null=True, blank=True)
    limit_per_customer = models.PositiveIntegerField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    issued_count = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "guid"], name="offer_guid_unique"),
            models.CheckConstraint(
                condition=Q(total_limit__isnull=True) | Q(issued_count__lte=F("total_limit")), name="offer_total_limit"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="offer_dates_in_order",
                violation_error_message="ends_at must be after starts_at.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IssuedOfferState(models.TextChoices):
    """What became of an offer in a customer's hands."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"


class IssuedOffer(CustomerOwned):
    """An offer in a customer's hands. `key` is unique: what issues offers may try again without giving twice."""

    # Deleting locks the offers themselves, to count what is left.
    lock_order = LockOrder.OFFERS

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="issued")
    key = models.CharField(max_length=255, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["customer", "offer"], name="issued_offer_of_customer")]

    def __str__(self) -> str:
        return f"{self.offer} for {self.customer}"

    @classmethod
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Delete the rows and subtract them from the offers' issued counts, so that as many can be issued again."""
        with connection.cursor() as cursor:
            cursor.execute(LOCK_ISSUED, [list(customer_ids)])
            cursor.execute(DELETE_ISSUED, [list(customer_ids)])

    def state(self, now: datetime) -> IssuedOfferState:
        """What became of it by `now`."""
        if self.redeemed_at is not None:
            return IssuedOfferState.REDEEMED
        is_over = self.expires_at is not None and self.expires_at <= now
        return IssuedOfferState.EXPIRED if is_over else IssuedOfferState.ISSUED
