"""What an operator says of recipients that are ambiguous or have failed."""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from campaigns.models.recipient import RecipientState
from customers.jobs import enqueue
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

RESOLVE = SQL("resolve")


class Verdict(StrEnum):
    """What an operator may say of an ambiguous recipient; of a failed one AGAIN only."""

    SENT = "sent"
    FAILED = "failed"
    AGAIN = "again"


VERDICTS = {
    Verdict.SENT: RecipientState.SENT,
    Verdict.FAILED: RecipientState.FAILED,
    Verdict.AGAIN: RecipientState.PENDING,
}


@transaction.atomic
def resolve_recipients(*, organization: Organization, keys: Sequence[uuid.UUID], verdict: Verdict) -> int:
    """An operator says what became of ambiguous recipients; how many there were.

    To send again is possible for failed ones, too, and reopens a delivery that is complete.
    """
    values: dict[str, Any] = {"keys": list(keys), "organization": organization.pk, "state": VERDICTS[verdict].value}
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE, values)
        resolved: int = cursor.fetchone()[0]
    if resolved and verdict is Verdict.AGAIN:
        enqueue("campaigns.look_after_deliveries")
    return resolved
