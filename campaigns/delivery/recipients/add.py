"""Recipients of triggered messages: added with the event that triggers them, each once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection

from customers.jobs import enqueue
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

ADD_TRIGGERED_RECIPIENTS = SQL("add_triggered_recipients")


@dataclass(frozen=True, slots=True)
class TriggeredMessage:
    """A message that a completed behavior sends; `key` is the same however often the completion is processed."""

    key: uuid.UUID
    creative_id: int
    customer_id: int


def add_triggered_recipients(*, organization_id: int, messages: Sequence[TriggeredMessage], at: datetime) -> int:
    """Add recipients that are due at `at`, in the caller's transaction; idempotent by their keys.

    Creatives and customers of another organization are left out. One statement; how many are new.
    """
    if not messages:
        return 0
    wanted = [{"key": each.key, "creative_id": each.creative_id, "customer_id": each.customer_id} for each in messages]
    with connection.cursor() as cursor:
        cursor.execute(ADD_TRIGGERED_RECIPIENTS, [at, orjson.dumps(wanted).decode(), organization_id])
        added = int(cursor.rowcount)
    if added:
        enqueue("campaigns.maintain_deliveries")
    return added
