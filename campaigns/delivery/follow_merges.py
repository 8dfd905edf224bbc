"""The last step of building an audience: applying the merges that happened meanwhile.

A merge doesn't move recipients of an audience that is being built: it would have to wait for chunks, whose rows are not
visible yet, and chunks would wait for it. So customers who were merged since the delivery began are evaluated again
here: the recipient of the merged customer is removed, and the surviving customer becomes one if they meet the criteria,
counted once towards a cap. Rounds run beside the traffic until few merges are left; the last round blocks new merges
for some milliseconds and commits that the audience is built. Later merges move recipients themselves.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from campaigns.delivery.add_recipients import OF_IDS, add_recipients, criteria_of
from campaigns.delivery.audience import AudienceCriteria, sends_nothing
from campaigns.delivery.channels.failure_messages import describe_internal_error
from campaigns.delivery.delivery_lease import DeliveryLease
from campaigns.delivery.leases import lease_seconds, new_lease_token, shared_now, with_reconnect
from campaigns.models import Delivery
from campaigns.models.delivery import DeliveryState
from customers.customers.merging import block_merges
from customers.named_sql import NamedSQL, Values
from customers.transactions import was_undone

SQL = NamedSQL(__file__)

# Merges that are applied in one transaction: page views wait for no more than that.
BATCH = 200
# How many merges may be left for the last round; how many rounds, and attempts at the last one, are made in a row.
FEW, MOST_ROUNDS, MOST_TRIES = 50, 50, 20
PAUSE_SECONDS = 0.05
MOST_FAILURES, LONGEST_PAUSE = 5, 60

CLAIM_FINISHED_BUILDING = SQL("claim_finished_building")
RECORD_FAILURE = SQL("record_failure")
CURRENT_SNAPSHOT = "SELECT pg_current_snapshot()::text"
FIND_MERGES = SQL("find_merges")
ADVANCE_SNAPSHOT = """
UPDATE campaigns_delivery SET merges_seen = %(seen)s::text
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'building'
"""
# Whether all of them could be locked; `{waiting}` is empty or SKIP LOCKED.
LOCK = """
WITH chosen AS ({rows}), locked AS ({rows} ORDER BY 1 FOR {strength} {waiting})
SELECT (SELECT count(*) FROM locked) = (SELECT count(*) FROM chosen)
"""
LOCK_CUSTOMERS = LOCK.replace("{strength}", "KEY SHARE").replace(
    "{rows}", "SELECT id FROM customers_customer WHERE id = ANY(%(customers)s::bigint[])"
)
LOCK_PARTICIPATIONS = LOCK.replace("{strength}", "NO KEY UPDATE").replace(
    "{rows}",
    """SELECT customer_id FROM campaigns_participation
    WHERE customer_id = ANY(%(customers)s::bigint[]) AND campaign_id = %(campaign)s::bigint""",
)
REMOVE_MERGED_RECIPIENTS = SQL("remove_merged_recipients")
ADD_TO_RECIPIENT_COUNT = SQL("add_to_recipient_count")
MARK_BUILT = """
UPDATE campaigns_delivery SET state = 'built', built_at = now(), lease_token = NULL, leased_until = NULL, error = ''
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'building'
"""

# A chunk may have added a customer whose deletion was not visible yet. Merged customers are handled above.
READ_LAST_DELETION = "SELECT customers_deleted_at FROM customers_organization WHERE id = %(organization)s::bigint"
DELETE_GONE_RECIPIENTS = """
DELETE FROM campaigns_recipient recipient WHERE recipient.delivery_id = %(delivery)s::bigint
AND NOT EXISTS (SELECT FROM customers_customer customer WHERE customer.id = recipient.customer_id)
AND NOT EXISTS (SELECT FROM customers_customeralias alias WHERE alias.former_id = recipient.customer_id)
"""
# A deletion is recorded before it is visible, and its transaction may take a while to end.
MOMENT = timedelta(minutes=5)

log = structlog.get_logger(__name__)
Merge = tuple[int, int, int]  # an alias's id, the former customer's, and that of the surviving customer


@dataclass(frozen=True, slots=True)
class Following:
    """A delivery whose chunks are all done, leased by this worker; merges up to the snapshot `seen` are applied.

    Recipients whose customers were deleted before `deleted_at` are removed already.
    """

    delivery: Delivery
    lease: DeliveryLease
    seen: str
    deleted_at: datetime

    @property
    def values(self) -> Values:
        """The parameters of every statement."""
        return {
            "delivery": self.delivery.pk,
            "lease_token": self.lease.token,
            "organization": self.delivery.organization_id,
            "seen": self.seen,
        }


class _BusyError(Exception):
    """Rows of the last round are locked by others, or too many merges happened since the round before."""


class _NotOursError(Exception):
    """Another worker has the lease, or the delivery is no longer being built."""


def current_snapshot() -> str:
    """The database's snapshot as an audience begins, by which later merges are found."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT_SNAPSHOT)
        (seen,) = cursor.fetchone()
    return str(seen)


def finish_next_audience() -> bool:
    """Finish one audience whose chunks are done; False if there is none, or if it is to be tried again.

    Each round is a transaction; what is left is found again by the next call.
    """
    following = _claim()
    if following is None:
        return False
    heartbeat = following.lease.heartbeat(DeliveryState.BUILDING)
    try:
        with heartbeat:
            is_built = _finish(following)
    except _NotOursError:
        return False
    except Exception as error:
        if not heartbeat.is_unwanted and not isinstance(error, OperationalError):
            log.exception("building_not_finished", delivery=following.delivery.pk)
            told: Values = {"error": describe_internal_error(error), "most": MOST_FAILURES, "longest": LONGEST_PAUSE}
            with_reconnect(RECORD_FAILURE, {**following.values, **told})
            return False
        log.warning("building_not_finished", delivery=following.delivery.pk, reason=str(error))
        is_built = False
    if not is_built:
        following.lease.release(pause=0.0 if heartbeat.is_unwanted else PAUSE_SECONDS)
    return is_built


def _claim() -> Following | None:
    lease_token = new_lease_token()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_FINISHED_BUILDING, {"lease_token": lease_token, "seconds": lease_seconds()})
        row = cursor.fetchone()
    if row is None:
        return None
    delivery = Delivery.objects.select_related("creative", "organization").get(pk=row[0])
    lease = DeliveryLease(delivery.pk, lease_token)
    return Following(delivery, lease, delivery.merges_seen, (delivery.started_at or delivery.scheduled_for) - MOMENT)


def _finish(following: Following) -> bool:
    for _ in range(MOST_ROUNDS):
        following, merges = _round(following)
        if merges <= FEW:
            break
    for _ in range(MOST_TRIES):
        try:
            with transaction.atomic():
                _last_round(following)
        except _BusyError:
            pass
        except OperationalError as error:
            if not was_undone(error):
                raise
        else:
            return True
        time.sleep(random.uniform(0, PAUSE_SECONDS))
        following, _ = _round(following)
    return False


def _round(following: Following) -> tuple[Following, int]:
    """Apply the merges so far, beside the traffic; how many there were."""
    seen = current_snapshot()
    after = number = 0
    while merges := _merged(following, after=after, limit=BATCH):
        with transaction.atomic():
            _evaluate_again(following, merges)
        after = merges[-1][0]
        number += len(merges)
    following = replace(_without_deleted(following), seen=seen)
    with connection.cursor() as cursor:
        cursor.execute(ADVANCE_SNAPSHOT, following.values)
        if cursor.rowcount != 1:
            raise _NotOursError
    return following, number


def _last_round(following: Following) -> None:
    """Apply the last merges while new ones are blocked, and mark the audience as built. Waits for no lock."""
    if not block_merges(organization_id=following.delivery.organization_id):
        raise _BusyError
    merges = _merged(following, after=0, limit=FEW + 1)
    if len(merges) > FEW or _last_deletion(following) > following.deleted_at:
        raise _BusyError
    if merges:
        _evaluate_again(following, merges, waiting="SKIP LOCKED")
    with connection.cursor() as cursor:
        cursor.execute(MARK_BUILT, following.values)
        if cursor.rowcount != 1:
            raise _NotOursError


def _last_deletion(following: Following) -> datetime:
    """When customers of the organization were last deleted; at least `deleted_at`."""
    with connection.cursor() as cursor:
        cursor.execute(READ_LAST_DELETION, following.values)
        (at,) = cursor.fetchone()
    return max(at or following.deleted_at, following.deleted_at)


@transaction.atomic
def _without_deleted(following: Following) -> Following:
    """Remove recipients whose customers were deleted, if there may be any."""
    last = _last_deletion(following)
    if last > following.deleted_at:
        delivery = following.delivery
        with connection.cursor() as cursor:
            cursor.execute(DELETE_GONE_RECIPIENTS, following.values)
            change: Values = {
                "more": -cursor.rowcount,
                "nothing": sends_nothing(delivery.creative.ad_type),
                "capped_from": None,
            }
            cursor.execute(ADD_TO_RECIPIENT_COUNT, {**following.values, **change})
            if cursor.rowcount != 1:
                raise _NotOursError
    return replace(following, deleted_at=last)


def _merged(following: Following, *, after: int, limit: int) -> list[Merge]:
    with connection.cursor() as cursor:
        cursor.execute(FIND_MERGES, {**following.values, "after": after, "limit": limit})
        rows: list[Merge] = cursor.fetchall()
    return rows


def _evaluate_again(following: Following, merges: Sequence[Merge], *, waiting: str = "") -> None:
    """Apply merges in the caller's transaction; locks customers, participations, recipients, the delivery.

    _BusyError if `waiting` is SKIP LOCKED and one of them is locked.
    """
    delivery = following.delivery
    criteria = criteria_of(delivery, now=shared_now())
    former, living = [each[1] for each in merges], [each[2] for each in merges]
    with connection.cursor() as cursor:
        if criteria.cap is not None:
            _lock(cursor, {"campaign": delivery.campaign_id, "customers": sorted({*former, *living})}, waiting)
        gone = _remove_merged_recipients(cursor, delivery, criteria, former, living)
        added = add_recipients(delivery=delivery, criteria=criteria, whom=OF_IDS, values=[sorted(set(living))])
        change: Values = {"more": added - gone, "nothing": sends_nothing(delivery.creative.ad_type)}
        change["capped_from"] = criteria.cap.starts_on if criteria.cap else None
        cursor.execute(ADD_TO_RECIPIENT_COUNT, {**following.values, **change})
        if cursor.rowcount != 1:
            raise _NotOursError


def _lock(cursor: CursorWrapper, values: Values, waiting: str) -> None:
    for statement in (LOCK_CUSTOMERS, LOCK_PARTICIPATIONS):
        cursor.execute(statement.format(waiting=waiting), values)
        if not cursor.fetchone()[0]:
            raise _BusyError


def _remove_merged_recipients(
    cursor: CursorWrapper, delivery: Delivery, criteria: AudienceCriteria, former: list[int], living: list[int]
) -> int:
    """Remove the customers' recipients and what was counted for them; how many recipients there were."""
    values: Values = {
        "delivery": delivery.pk,
        "campaign": delivery.campaign_id,
        "former": former,
        "living": living,
    }
    values |= {"customers": sorted({*former, *living}), "rule": criteria.cap.rule if criteria.cap else None}
    cursor.execute(REMOVE_MERGED_RECIPIENTS, values)
    (gone,) = cursor.fetchone()
    return int(gone)
