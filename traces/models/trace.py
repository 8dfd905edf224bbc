"""The thread that joins a customer's visits until they convert or dismiss."""

import uuid
from collections.abc import Collection

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.interaction import ClosedBy
from customers.models import Application, CustomerOwned

MOVE_TRACES = """
UPDATE traces_trace SET customer_id = %(to)s::bigint, is_trusted = NULLIF(is_trusted, true)
WHERE customer_id = %(from)s::bigint
"""
# Deletes what belongs to customers' traces: actions, then trails.
DELETE_VISITS = (
    """DELETE FROM traces_action WHERE trail_id IN (SELECT trail.id FROM traces_trail trail
        JOIN traces_trace trace ON trace.id = trail.trace_id WHERE trace.customer_id = ANY(%s::bigint[]))""",
    """DELETE FROM traces_trail WHERE trace_id IN (
        SELECT id FROM traces_trace WHERE customer_id = ANY(%s::bigint[]))""",
)


class Trace(CustomerOwned):
    """A group of visits of one customer in one application; its uuid is the `trace-id`.

    A conversion or dismissal closes it; after that nothing is added to it. `is_trusted`: whether the visitor is proven
    to be the customer; null if only the application's word says so, which counts if it is a server. `captured`: the
    answers that the visitor has given in it, by the names of fields; null for an emptied one.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    is_trusted = models.BooleanField(null=True, blank=True, editable=False)
    captured = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=10, choices=ClosedBy.choices, null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="trace_closed_by_something",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """A trace that a customer-token proved to be the merged customer's is not proven to be the surviving one's."""
        with connection.cursor() as cursor:
            cursor.execute(MOVE_TRACES, {"from": from_id, "to": to_id})

    @classmethod
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Delete trails and actions with their traces."""
        with connection.cursor() as cursor:
            for statement in DELETE_VISITS:
                cursor.execute(statement, [list(customer_ids)])
        super().delete_rows(customer_ids=customer_ids)
