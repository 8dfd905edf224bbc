"""Exporting a whole audience: one worker hands it over, then all its recipients are marked as sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from campaigns.delivery.bulkhead import DestinationBusyError, has_capacity, occupying
from campaigns.delivery.channels.base import AudienceExport, ClaimedRecipient, ExportedFile, Message
from campaigns.delivery.channels.registry import CONSENTS
from campaigns.delivery.delivery_lease import DeliveryLease, claim_delivery
from campaigns.delivery.leases import Heartbeat
from campaigns.delivery.messages import pending_batches
from campaigns.delivery.recipients.claim import WITHDRAWN
from campaigns.models import Delivery
from campaigns.models.delivery import DeliveryState
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

BATCH = 20_000
NO_IDENTIFIER = "No identifier for this destination."

# Composed with its values, because a condition may contain a `%` that is no placeholder.
SKIP_RECIPIENTS = sql.SQL(SQL("skip_recipients"))
UNLESS_CUSTOMER = sql.SQL("""NOT EXISTS (
    SELECT FROM customers_customer customer WHERE customer.id = recipient.customer_id AND {condition})""")
RECORD_FILE = """
UPDATE campaigns_delivery SET destination = %s::varchar, file_name = %s::varchar, file_url = %s::varchar,
    file_rows = %s::bigint, file_sha256 = %s::varchar
WHERE id = %s::bigint AND lease_token = %s::bigint AND state = 'delivering'
"""
MARK_RECIPIENTS_SENT = SQL("mark_recipients_sent", batch=BATCH)


class _StoppedError(Exception):
    """The delivery was paused or cancelled, or its lease lost."""


def export_delivery(*, message: Message, delivery: Delivery, export: AudienceExport) -> bool:
    """Export a delivery's audience unless that is done, and mark everybody as sent; False if another worker has it.

    A complete file is not written again; a partial one is written anew. DestinationBusyError if the destination holds
    up other batches already.
    """
    whose = (message.organization_id, export.destination)
    if not has_capacity(whose):
        raise DestinationBusyError
    lease = claim_delivery(delivery.pk)
    if lease is None:
        return False
    heartbeat = lease.heartbeat(DeliveryState.DELIVERING)
    try:
        with heartbeat:
            if not lease.has_file:
                with occupying(whose):
                    _export(message, delivery, export, lease, heartbeat)
            while _mark_sent(lease):
                pass
    except Exception:
        if not heartbeat.is_unwanted:
            raise
    finally:
        lease.release()
    return True


def _export(
    message: Message, delivery: Delivery, export: AudienceExport, lease: DeliveryLease, heartbeat: Heartbeat
) -> None:
    _leave_out(message, delivery, export)
    exported: ExportedFile = export.export(message, _while_wanted(delivery, export, heartbeat))
    stands: list[Any] = [export.destination, exported.name, exported.url, exported.rows, exported.sha256]
    with connection.cursor() as cursor:
        cursor.execute(RECORD_FILE, [*stands, lease.delivery_id, lease.token])
        if cursor.rowcount != 1:
            raise _StoppedError


def _leave_out(message: Message, delivery: Delivery, export: AudienceExport) -> None:
    """Skip recipients who have withdrawn consent since the audience was built, or have no identifier for the export."""
    consent = CONSENTS.get(message.creative_type)
    asked = [sql.Identifier("customer", column) for column in ("consent", consent) if column]
    _skip(delivery, WITHDRAWN, UNLESS_CUSTOMER.format(condition=sql.SQL(" AND ").join(asked)))
    if export.reachable is not None:
        _skip(delivery, NO_IDENTIFIER, UNLESS_CUSTOMER.format(condition=export.reachable))


def _skip(delivery: Delivery, error: str, whom: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SKIP_RECIPIENTS.format(error=sql.Literal(error), delivery=sql.Literal(delivery.pk), whom=whom))


def _while_wanted(
    delivery: Delivery, export: AudienceExport, heartbeat: Heartbeat
) -> Iterator[Sequence[ClaimedRecipient]]:
    """The recipients that the export reaches, batch by batch; the others are skipped."""
    for batch in pending_batches(delivery_id=delivery.pk, delivery_key=delivery.key):
        if heartbeat.is_unwanted:
            raise _StoppedError
        missed = {each.key for each in batch if not export.reaches(each)}
        if missed:
            _skip(delivery, NO_IDENTIFIER, sql.SQL("recipient.key = ANY({})").format(sql.Literal(list(missed))))
        yield [each for each in batch if each.key not in missed]


def _mark_sent(lease: DeliveryLease) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MARK_RECIPIENTS_SENT, {"delivery": lease.delivery_id, "lease_token": lease.token})
        row = cursor.fetchone()
        if row is None:
            transaction.set_rollback(True)
        return bool(row and row[0])
