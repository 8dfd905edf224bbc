"""How an operator resolves recipients that are ambiguous or have failed."""

import uuid
from collections.abc import Sequence
from enum import StrEnum

from django.db import connection, transaction

from campaigns.models.recipient import RecipientState
from customers.jobs import enqueue
from customers.models import Organization
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

RESOLVE_RECIPIENTS = SQL("resolve_recipients")


class Resolution(StrEnum):
    """What an operator may decide about an ambiguous recipient; about a failed one only AGAIN."""

    SENT = "sent"
    FAILED = "failed"
    AGAIN = "again"


STATE_BY_RESOLUTION = {
    Resolution.SENT: RecipientState.SENT,
    Resolution.FAILED: RecipientState.FAILED,
    Resolution.AGAIN: RecipientState.PENDING,
}


@transaction.atomic
def resolve_recipients(*, organization: Organization, keys: Sequence[uuid.UUID], resolution: Resolution) -> int:
    """Resolve ambiguous recipients as an operator decides; how many there were.

    AGAIN works for failed ones too, and reopens a complete delivery.
    """
    values: Values = {
        "keys": list(keys),
        "organization": organization.pk,
        "state": STATE_BY_RESOLUTION[resolution].value,
    }
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE_RECIPIENTS, values)
        resolved: int = cursor.fetchone()[0]
    if resolved and resolution is Resolution.AGAIN:
        enqueue("campaigns.maintain_deliveries")
    return resolved
