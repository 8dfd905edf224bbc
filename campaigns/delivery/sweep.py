"""What time does to jobs: those that are due begin, those that are built go out, those that are done are over.

Any number of workers may sweep at once: a job that one of them has in hand is left to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction

from campaigns.decisions.compiled import write_definition
from campaigns.delivery.audience import sends_nothing
from campaigns.delivery.build_chunk import plan_chunks
from campaigns.delivery.cap_returns import NOTHING_OWED, return_next_caps
from campaigns.delivery.channels.troubles import our_own
from campaigns.delivery.follow_merges import finish_next_building, look_at_merges
from campaigns.models import AudienceChunk, AudienceJob
from campaigns.models.ad_type import EXPORTS
from campaigns.models.audience_job import JobState
from campaigns.models.unit import DEFAULT_LATENESS_WINDOW
from campaigns.schedule.due_work import DUE_JOBS
from customers.jobs import look_now
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

NEXT = SQL("next", due_jobs=DUE_JOBS.format(now="%(now)s::timestamptz"), nothing_owed=NOTHING_OWED)
# Locked first and looked at then: an operator who has a recipient sent again comes before that, or after.
LOCK = """
SELECT id FROM campaigns_audiencejob WHERE state = 'delivering' AND (%(job)s::bigint IS NULL OR id = %(job)s::bigint)
ORDER BY id FOR UPDATE SKIP LOCKED
"""
FINISH = SQL("finish")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A locked job whose time has come."""

    job: AudienceJob
    due_at: datetime
    ends_at: datetime
    lateness_window: int

    def reason_to_skip(self, now: datetime) -> str:
        """Why it is no longer to be delivered; empty where it is."""
        if self.ends_at <= now:
            return f"The campaign was over at {self.ends_at:%Y-%m-%dT%H:%M:%SZ}."
        late = now - self.due_at
        if self.lateness_window and late > timedelta(seconds=self.lateness_window):
            seconds = int(late.total_seconds())
            return f"Too late by its lateness window: {seconds} s instead of at most {self.lateness_window} s."
        return ""


def move_jobs_on(*, now: datetime) -> bool:
    """Do whatever time has made due, each job in a transaction of its own; whether there was anything."""
    moved = return_next_caps()
    while begin_next_job(now=now) or finish_next_building() or release_next_job(now=now):
        moved = True
    return finish_jobs() or moved


@transaction.atomic
def begin_next_job(*, now: datetime) -> bool:
    """Begin building the audience of one job that is due, or skip it; False where there is none."""
    due = _lock_next(JobState.SCHEDULED, now)
    if due is None:
        return False
    if not _skipped(due, now):
        try:
            with transaction.atomic():
                _begin(due.job, now)
        except OperationalError:
            raise
        except Exception as error:  # whatever is wrong with one job, those behind it have their turn
            log.exception("job_not_begun", job=due.job.pk)
            failed = {"state": JobState.FAILED, "error": our_own(error)}
            AudienceJob.objects.filter(pk=due.job.pk).update(**failed)
    return True


@transaction.atomic
def release_next_job(*, now: datetime) -> bool:
    """Let one job whose audience is built be delivered, or skip it; False where there is none."""
    due = _lock_next(JobState.BUILT, now)
    if due is None:
        return False
    if sends_nothing(due.job.unit.ad_type):
        _update(due.job, state=JobState.COMPLETE, finished_at=now)
    elif due.job.file_rows is not None or not _skipped(due, now):
        # A file that stands is out already; and a delivery that was paused in the middle began when it began.
        begun = due.job.delivering_at or now
        _update(due.job, state=JobState.DELIVERING, delivering_at=begun, heartbeat_at=now)
    return True


def finish_jobs(*, job_id: int | None = None) -> bool:
    """End the deliveries (or this one) that have nobody left to be sent anything; whether there were any."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, {"job": job_id})
        jobs = [row[0] for row in cursor.fetchall()]
        if not jobs:
            return False
        cursor.execute(FINISH, {"jobs": jobs, "exports": list(EXPORTS)})
        return bool(cursor.rowcount)


def _lock_next(state: JobState, now: datetime) -> Due | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"state": state.value, "now": now})
        row = cursor.fetchone()
    if row is None:
        return None
    job = AudienceJob.objects.select_related("unit").get(pk=row[0])
    return Due(job, row[1], row[2], DEFAULT_LATENESS_WINDOW if row[3] is None else row[3])


def _skipped(due: Due, now: datetime) -> bool:
    reason = due.reason_to_skip(now)
    if reason:
        _update(due.job, state=JobState.SKIPPED, finished_at=now, error=reason)
    return bool(reason)


def _begin(job: AudienceJob, now: datetime) -> None:
    """Keep what the audience is built from and which merges it knows, and share the customers out among chunks."""
    definition = write_definition(organization_id=job.organization_id, campaign_id=job.campaign_id)
    begun_as = {"creative_type": job.unit.creative_type, "group_id": job.unit.group_id}
    seen = look_at_merges()
    _update(job, definition={**(definition or {}), **begun_as}, merges_seen=seen, started_at=now)
    chunks = plan_chunks(job=job)
    _update(
        job,
        state=JobState.BUILDING if chunks else JobState.BUILT,
        chunks=chunks,
        built_at=None if chunks else now,
        heartbeat_at=now,
        error="",
    )
    for chunk_id in AudienceChunk.objects.filter(job=job).order_by("number").values_list("pk", flat=True):
        look_now("campaigns.build_chunk", chunk_id)


def _update(job: AudienceJob, **changes: object) -> None:
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=list(changes))
