"""Recipients are claimed in batches by one worker, until its lease ends."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.delivery.channels.base import ClaimedRecipient
from campaigns.delivery.leases import Heartbeat, lease_seconds, new_lease_token
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

WITHDRAWN = "Consent was withdrawn, or the customer is gone."
ELSEWHERE = "It may have been sent already, to another destination than messages go to now."

CLAIM_RECIPIENTS = SQL("claim_recipients")
OF_DELIVERY = """recipient.delivery_id = %(delivery)s::bigint
    AND EXISTS (SELECT FROM campaigns_delivery delivery
        WHERE delivery.id = %(delivery)s::bigint AND delivery.state = 'delivering')"""
OF_CREATIVE = "recipient.delivery_id IS NULL AND recipient.creative_id = %(creative)s::bigint"
PUSH_TOKENS = """COALESCE((SELECT json_agg(json_build_array(token.platform, token.token) ORDER BY token.id)
    FROM customers_pushtoken token WHERE token.customer_id = claimed.id), '[]'::json)::text"""
RENEW_RECIPIENT_LEASES = SQL("renew_recipient_leases")


@dataclass(frozen=True, slots=True)
class ClaimedRecipients:
    """Recipients that only this worker has until its lease ends; `left_out` were settled without sending.

    The `uncertain` may have the message from the `destination` already.
    """

    lease_token: int
    delivery_id: int | None
    destination: str
    recipients: tuple[ClaimedRecipient, ...]
    uncertain: frozenset[uuid.UUID]
    left_out: int


@transaction.atomic
def claim_recipients(
    *,
    delivery_id: int | None,
    creative_id: int,
    limit: int,
    destination: str = "",
    consent: str | None = None,
    with_tokens: bool = False,
) -> ClaimedRecipients:
    """Lease up to `limit` recipients of a delivery, or (`delivery_id` None) of a creative's triggered messages.

    `consent` is the column that the message needs beside the general one; push tokens are included on demand.
    """
    lease_token = new_lease_token()
    statement = CLAIM_RECIPIENTS.format(
        whose=OF_CREATIVE if delivery_id is None else OF_DELIVERY,
        consent=f"customer.{consent}" if consent else "TRUE",
        tokens=PUSH_TOKENS if with_tokens else "'[]'",
    )
    values: Values = {"delivery": delivery_id, "creative": creative_id, "destination": destination}
    values |= {"lease_token": lease_token, "seconds": lease_seconds(), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "withdrawn": WITHDRAWN, "elsewhere": ELSEWHERE})
        rows = cursor.fetchall()
    recipients = tuple(_recipient(row) for row in rows if row[6])
    uncertain = frozenset(row[0] for row in rows if row[7])
    return ClaimedRecipients(lease_token, delivery_id, destination, recipients, uncertain, len(rows) - len(recipients))


@contextmanager
def renewing_leases(claimed: ClaimedRecipients) -> Iterator[Heartbeat]:
    """Renew the leases of claimed recipients during the block, and notice when their delivery is stopped."""
    values = {"delivery": claimed.delivery_id, "lease_token": claimed.lease_token, "seconds": lease_seconds()}
    with Heartbeat(RENEW_RECIPIENT_LEASES, values, cancels=False) as heartbeat:
        yield heartbeat


def _recipient(row: tuple[Any, ...]) -> ClaimedRecipient:
    key, customer_id, identity, external_id, attributes, tokens, *_ = row
    return ClaimedRecipient(
        key=key,
        customer_id=customer_id,
        customer_uuid=identity,
        external_id=external_id,
        attributes=orjson.loads(attributes),
        push_tokens=tuple((platform, token) for platform, token in orjson.loads(tokens)),
    )
