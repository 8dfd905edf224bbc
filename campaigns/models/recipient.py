"""Recipients: one row for each message to each customer."""

import uuid
from collections.abc import Collection

from django.db import connection, models
from django.db.models import Q

from campaigns.models.creative import AdUnit
from campaigns.models.delivery import Delivery
from customers.models import Customer, CustomerOwned, Organization
from customers.models.customer_owned import LockOrder
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)


class RecipientState(models.TextChoices):
    """The states of a recipient; `ambiguous`: it may have been sent, and only an operator can resolve it."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    AMBIGUOUS = "ambiguous"


# A merge leaves the recipients of an audience that isn't built yet alone, for others of them are not visible yet: the
# last step of building applies all merges (campaigns.delivery.follow_merges).
_IS_BUILT = """NOT EXISTS (SELECT FROM campaigns_delivery delivery
    WHERE delivery.id = {recipient}.delivery_id AND delivery.built_at IS NULL)"""
_IS_BUILT_OWN = _IS_BUILT.format(recipient="recipient")
LOCK_RECIPIENTS = SQL("lock_recipients", is_built=_IS_BUILT_OWN)
MERGE_RECIPIENTS = SQL("merge_recipients", is_built=_IS_BUILT.format(recipient="ours"))
MOVE_RECIPIENTS = SQL("move_recipients", is_built=_IS_BUILT_OWN)
DELETE_RECIPIENTS = SQL("delete_recipients")
RANKS = ["pending", "skipped", "failed", "leased", "ambiguous", "sent"]


class Recipient(CustomerOwned):
    """A recipient of a delivery, or (`delivery` null) of a triggered message.

    `key` never changes: it is the idempotency key of the message. `due_at` depends on the state: when a pending
    recipient is tried next, when the lease of a leased one expires (the worker has `lease_token`), when a triggered one
    was settled. `tried_since` is the first attempt of a triggered message. `reference` is the destination's id of a
    sent message, and before that the name of a destination that may have received it.

    A delivery has up to a million of these: few columns, few indexes, and no foreign keys checked by the database (they
    would double the time of building an audience and lock every customer); `campaigns.delivery.follow_merges` does
    their work. `capped_from` is the first day of the period in which the message counts towards a frequency cap.
    """

    lock_order = LockOrder.RECIPIENTS
    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.CASCADE,
        related_name="members",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    creative = models.ForeignKey(
        AdUnit, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    state = models.CharField(
        max_length=9, choices=RecipientState.choices, default=RecipientState.PENDING, db_default=RecipientState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.BigIntegerField(null=True, blank=True)
    tried_since = models.DateTimeField(null=True, blank=True, editable=False)
    reference = models.CharField(max_length=255, null=True, blank=True)
    error = models.CharField(max_length=500, null=True, blank=True)
    capped_from = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "customer"], name="recipient_once"),
            models.CheckConstraint(condition=Q(state__in=RecipientState.values), name="recipient_state"),
        ]
        indexes = [
            models.Index(
                fields=["delivery", "due_at"], condition=Q(state=RecipientState.PENDING), name="recipient_pending"
            ),
            models.Index(
                fields=["creative", "due_at"],
                condition=Q(state=RecipientState.PENDING, delivery__isnull=True),
                name="recipient_triggered",
            ),
            models.Index(fields=["due_at"], condition=Q(state=RecipientState.LEASED), name="recipient_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.state}"

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """A delivery reaches each customer once: of two recipients the one that has progressed further stays."""
        values: Values = {"from": from_id, "to": to_id, "ranks": RANKS}
        with connection.cursor() as cursor:
            cursor.execute(LOCK_RECIPIENTS, values)
            if cursor.rowcount:
                cursor.execute(MERGE_RECIPIENTS, values)
                cursor.execute(MOVE_RECIPIENTS, values)

    @classmethod
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Deliveries have so many recipients fewer."""
        with connection.cursor() as cursor:
            cursor.execute(DELETE_RECIPIENTS, [list(customer_ids)])
