"""Keeping decisions with their reasons: some or all of them, by the setting DECISION_LOG.

A record is written after the answer has gone out, so nobody waits for it; a record that can't be written is lost and
said so in the log.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog
from django.conf import settings
from django.db import DatabaseError

from campaigns.decisioning import Context, Decision
from campaigns.models import DecisionRecord
from customers.models import Organization

log = structlog.get_logger(__name__)
Write = Callable[[], None]
PERCENT = 100


def is_logged() -> bool:
    """Whether the next decision is to be kept."""
    chosen: str = settings.DECISION_LOG
    if chosen == "sampled":
        return random.random() * PERCENT < settings.DECISION_LOG_PERCENT  # noqa: S311 (a sample, no secret)
    return chosen == "all"


def later(
    *,
    organization: Organization,
    customer_id: int,
    source: str,
    context: Context,
    decision: Decision,
    now: datetime,
) -> Write:
    """What writes the record, to be called when the answer has gone out."""
    record = DecisionRecord(
        organization_id=organization.pk,
        customer_id=customer_id,
        source=source,
        place=sorted(context.placements or ()),
        at=now,
        version=organization.version,
        chosen=_unique([candidate.campaign_id for candidate in decision.eligible]),
        excluded={str(one.candidate.campaign_id): one.reason.value for one in reversed(decision.excluded)},
    )
    return partial(_write, record)


def _write(record: DecisionRecord) -> None:
    try:
        record.save()
    except DatabaseError as error:
        log.warning("decision_record_lost", customer=record.customer_id, reason=str(error))


def _unique(campaign_ids: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(campaign_ids))
