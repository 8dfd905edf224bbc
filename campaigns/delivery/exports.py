"""Exporting a whole audience: one worker hands it over, and then everybody in it counts as sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from campaigns.delivery.audience import CONSENTS
from campaigns.delivery.channels.base import AudienceExport, ClaimedRecipient, ExportedFile, Message
from campaigns.delivery.leases import Heartbeat, insist, lease_seconds, new_lease
from campaigns.delivery.messages import pending_batches
from campaigns.delivery.recipients.claim import WITHDRAWN
from campaigns.delivery.slow_destinations import HeldUpError, in_hand, may_begin
from campaigns.models import Delivery
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

BATCH = 20_000
NO_IDENTIFIER = "No identifier for this destination."

TAKE = SQL("take")
KEEP = """
UPDATE campaigns_delivery SET leased_until = now() + make_interval(secs => %(seconds)s::int),
    heartbeat_at = now()
WHERE id = %(delivery)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering' RETURNING id
"""
# Put together with its values in it: a condition may hold a `%` that is no placeholder.
SKIP = sql.SQL(SQL("skip"))
UNLESS = sql.SQL("""NOT EXISTS (
    SELECT FROM customers_customer customer WHERE customer.id = recipient.customer_id AND {condition})""")
STANDS = """
UPDATE campaigns_delivery SET destination = %s::varchar, file_name = %s::varchar, file_url = %s::varchar,
    file_rows = %s::bigint, file_sha256 = %s::varchar
WHERE id = %s::bigint AND lease = %s::bigint AND state = 'delivering'
"""
SENT = SQL("sent", batch=BATCH)
LET_GO = """
UPDATE campaigns_delivery SET lease = NULL, leased_until = NULL
WHERE id = %(delivery)s::bigint AND lease = %(lease)s::bigint
"""


class _StoppedError(Exception):
    """The delivery was paused, cancelled, or given to somebody else."""


def export_delivery(*, message: Message, delivery: Delivery, courier: AudienceExport) -> bool:
    """Export a delivery's audience unless that is done, and mark everybody as sent; False where another worker has it.

    A file that stands is not made again; one that was begun is begun anew. HeldUpError where the destination keeps
    others waiting already.
    """
    whose = (message.organization_id, courier.destination)
    if not may_begin(whose):
        raise HeldUpError
    values = {"delivery": delivery.pk, "lease": new_lease(), "seconds": lease_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
    if row is None:
        return False
    heartbeat = Heartbeat(KEEP, values)
    try:
        with heartbeat:
            if not row[0]:
                with in_hand(whose):
                    _export(message, delivery, courier, values["lease"], heartbeat)
            while _mark_sent(delivery, values["lease"]):
                pass
    except Exception:
        if not heartbeat.is_unwanted:
            raise
    finally:
        insist(LET_GO, values)
    return True


def _export(message: Message, delivery: Delivery, courier: AudienceExport, lease: int, heartbeat: Heartbeat) -> None:
    _leave_out(message, delivery, courier)
    exported: ExportedFile = courier.export(message, _while_wanted(delivery, courier, heartbeat))
    stands: list[Any] = [courier.destination, exported.name, exported.url, exported.rows, exported.sha256]
    with connection.cursor() as cursor:
        cursor.execute(STANDS, [*stands, delivery.pk, lease])
        if cursor.rowcount != 1:
            raise _StoppedError


def _leave_out(message: Message, delivery: Delivery, courier: AudienceExport) -> None:
    """Skip whose consent is gone since the audience was built, and whom this destination can't be told of."""
    consent = CONSENTS.get(message.creative_type)
    asked = [sql.Identifier("customer", column) for column in ("consent", consent) if column]
    _skip(delivery, WITHDRAWN, UNLESS.format(condition=sql.SQL(" AND ").join(asked)))
    if courier.reachable is not None:
        _skip(delivery, NO_IDENTIFIER, UNLESS.format(condition=courier.reachable))


def _skip(delivery: Delivery, error: str, whom: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SKIP.format(error=sql.Literal(error), delivery=sql.Literal(delivery.pk), whom=whom))


def _while_wanted(
    delivery: Delivery, courier: AudienceExport, heartbeat: Heartbeat
) -> Iterator[Sequence[ClaimedRecipient]]:
    """The people of an export as far as it reaches them; the others are skipped batch by batch."""
    for batch in pending_batches(delivery_id=delivery.pk, delivery_key=delivery.key):
        if heartbeat.is_unwanted:
            raise _StoppedError
        missed = {each.key for each in batch if not courier.reaches(each)}
        if missed:
            _skip(delivery, NO_IDENTIFIER, sql.SQL("recipient.key = ANY({})").format(sql.Literal(list(missed))))
        yield [each for each in batch if each.key not in missed]


def _mark_sent(delivery: Delivery, lease: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SENT, {"delivery": delivery.pk, "lease": lease})
        row = cursor.fetchone()
        if row is None:
            transaction.set_rollback(True)
        return bool(row and row[0])
