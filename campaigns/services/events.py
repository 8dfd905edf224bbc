"""Events: what customers do, heard once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

INSERT = """
INSERT INTO campaigns_event (organization_id, customer_id, event_id, name, at, attributes)
VALUES (%s::bigint, %s::bigint, %s::varchar, %s::varchar, %s::timestamptz, %s::jsonb)
ON CONFLICT (organization_id, event_id) WHERE event_id IS NOT NULL DO NOTHING
"""

# The same as a part of a statement that finds the customer itself: `{source}` has one row with organization_id and
# customer_id; parameters: event_id, name, at, attributes.
INSERT_FROM = """
INSERT INTO campaigns_event (organization_id, customer_id, event_id, name, at, attributes)
SELECT organization_id, customer_id, %s::varchar, %s::varchar, %s::timestamptz, %s::jsonb FROM {source}
ON CONFLICT (organization_id, event_id) WHERE event_id IS NOT NULL DO NOTHING
"""


def record_event(
    *,
    organization_id: int,
    customer_id: int,
    name: str,
    at: datetime,
    attributes: Mapping[str, Any],
    event_id: str | None = None,
) -> bool:
    """Keep an event of a customer; False where the organization has heard of this `event_id` before.

    `attributes` holds values that JSON can carry.
    """
    values = [organization_id, customer_id, event_id, name, at, orjson.dumps(attributes).decode()]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return bool(cursor.rowcount == 1)
