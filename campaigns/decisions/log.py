"""The decision log: some or all decisions with their reasons, by the settings DECISION_LOG and DECISION_LOG_ALL_OF.

A record is written after the response, so no request waits for it; one that can't be written is lost and logged. If the
customer was merged meanwhile, the record is the surviving customer's.
"""

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from campaigns.decisions.engine import Context, Decision
from customers.customers.lookup import find_customer_by_uuid
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

INSERT_DECISION_RECORD = SQL("insert_decision_record")

log = structlog.get_logger(__name__)
Write = Callable[[], None]
PERCENT = 100


def is_logged(*, organization: Organization) -> bool:
    """Whether the next decision for a customer of the organization is logged."""
    if organization.pk in settings.DECISION_LOG_ALL_OF:
        return True
    chosen: str = settings.DECISION_LOG
    if chosen == "sampled":
        return random.random() * PERCENT < settings.DECISION_LOG_PERCENT
    return chosen == "all"


def record_after_response(
    *,
    organization: Organization,
    customer_id: int,
    identity: uuid.UUID,
    source: str,
    context: Context,
    decision: Decision,
    now: datetime,
) -> Write:
    """The function that writes the record, to be called after the response; `identity` is the customer's uuid."""
    excluded = {str(one.candidate.campaign_id): one.reason.value for one in reversed(decision.excluded)}
    record: dict[str, Any] = {
        "organization": organization.pk,
        "customer": customer_id,
        "source": source,
        "place": orjson.dumps(sorted(context.placements or ())).decode(),
        "at": now,
        "version": organization.version,
        "chosen": orjson.dumps(_unique([candidate.campaign_id for candidate in decision.eligible])).decode(),
        "excluded": orjson.dumps(excluded).decode(),
    }
    return partial(_write, organization, identity, record)


def _write(organization: Organization, identity: uuid.UUID, record: dict[str, Any]) -> None:
    try:
        while not _is_written(record):
            living = find_customer_by_uuid(organization=organization, identity=identity)
            if living is None:
                log.info("decision_record_of_nobody", customer=record["customer"])
                return
            record["customer"] = living.pk
    except DatabaseError as error:
        log.warning("decision_record_lost", customer=record["customer"], reason=str(error))


def _is_written(record: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(INSERT_DECISION_RECORD, record)
        return bool(cursor.rowcount)


def _unique(campaign_ids: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(campaign_ids))
