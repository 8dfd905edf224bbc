"""What an operator does to a delivery: pause, cancel, resume, retry."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.delivery.waits import end_waits_of_job
from campaigns.models import AudienceJob
from campaigns.models.audience_job import MOVING, JobState
from campaigns.schedule.deliveries import get_delivery
from campaigns.schedule.synchronise import IS_DONE_WITH, RESUMED, UNITS
from customers.errors import DomainError, Kind
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# An operator has judged already: what is half delivered goes on.
RESUMED_BY_HAND = f"CASE WHEN job.delivering_at IS NOT NULL THEN 'delivering' ELSE {RESUMED} END"
LEVELS = f"""
{UNITS}
SELECT is_live, is_over, creative_type, group_id, campaign_id FROM units
"""  # noqa: S608 - put together from constants
IS_OUTDATED = SQL("is_outdated", is_done_with_job_later=IS_DONE_WITH.format(job="later"))
RESUME = f"""
UPDATE campaigns_audiencejob job SET is_held = false, paused_at = NULL, finished_at = NULL, failures = 0, error = '',
    leased_until = NULL, state = CASE WHEN %s::boolean THEN {RESUMED_BY_HAND} ELSE 'paused' END
WHERE job.id = %s::bigint
"""  # noqa: S608 - put together from constants
# Chunks come before their jobs: one that somebody has in hand at this moment is not waited for.
FRESH_CHUNKS = """
UPDATE campaigns_audiencechunk SET attempts = 0, leased_until = NULL
WHERE id IN (SELECT id FROM campaigns_audiencechunk WHERE job_id = %s::bigint ORDER BY id FOR UPDATE SKIP LOCKED)
"""


@transaction.atomic
def pause_job(*, organization: Organization, job_id: int) -> AudienceJob:
    """Hold a job until an operator resumes it; DomainError `validation` where it is over."""
    job = _lock(organization, job_id, *MOVING)
    AudienceJob.objects.filter(pk=job.pk).update(state=JobState.PAUSED, is_held=True, paused_at=Now())
    return get_delivery(organization=organization, job_id=job_id)


@transaction.atomic
def cancel_job(*, organization: Organization, job_id: int, now: datetime) -> AudienceJob:
    """End a job; what was sent stays sent, nothing more is. DomainError `validation` where it is over."""
    job = _lock(organization, job_id, *MOVING, JobState.PAUSED, JobState.FAILED)
    # Nothing waits any more; why it had failed is still to be seen.
    error = job.error if job.state == JobState.FAILED else ""
    AudienceJob.objects.filter(pk=job.pk).update(state=JobState.CANCELLED, is_held=True, finished_at=now, error=error)
    return get_delivery(organization=organization, job_id=job_id)


@transaction.atomic
def resume_job(*, organization: Organization, job_id: int) -> AudienceJob:
    """Let a paused job go on where it stood, as soon as all levels are live."""
    return _resume(_lock(organization, job_id, JobState.PAUSED))


@transaction.atomic
def retry_job(*, organization: Organization, job_id: int) -> AudienceJob:
    """Take a failed job up again where it stopped; DomainError where its creative has a newer delivery."""
    job = _lock(organization, job_id, JobState.FAILED)
    with connection.cursor() as cursor:
        cursor.execute(IS_OUTDATED, [job.unit_id, job.pk])
        if cursor.fetchone()[0]:
            raise DomainError(Kind.CONFLICT, "outdated", "The creative has a newer delivery.")
    return _resume(job)


def _resume(job: AudienceJob) -> AudienceJob:
    with connection.cursor() as cursor:
        cursor.execute(LEVELS.format(level="unit"), {"id": job.unit_id, "organization": job.organization_id})
        is_live, is_over, creative_type, *place = cursor.fetchone()
        if is_over:
            raise DomainError(Kind.CONFLICT, "over", "The creative or its campaign is over, or no longer scheduled.")
        if job.is_of_no_use_to(creative_type):
            sentence = f"Its audience was built for {job.built_for}; as {creative_type} it needs another time."
            raise DomainError(Kind.CONFLICT, "another_type", sentence)
        if job.was_built_elsewhere(*place):
            sentence = "Its audience was built for another creative group; in this one it needs another time."
            raise DomainError(Kind.CONFLICT, "another_group", sentence)
        cursor.execute(RESUME, [is_live, job.pk])
        cursor.execute(FRESH_CHUNKS, [job.pk])
    end_waits_of_job(job.pk)
    return get_delivery(organization=job.organization, job_id=job.pk)


def _lock(organization: Organization, job_id: int, *states: JobState) -> AudienceJob:
    get_delivery(organization=organization, job_id=job_id)
    # In line with the writers of levels, who lock their organization before its jobs: the last one sees what all did.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    job = AudienceJob.objects.select_for_update().get(organization=organization, pk=job_id)
    job.organization = organization
    if job.state not in states:
        raise DomainError(Kind.CONFLICT, "wrong_state", f"A delivery that is {job.state} can't do that.")
    return job
