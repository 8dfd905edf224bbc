"""Deliveries as callers and operators read them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.models import AudienceJob
from campaigns.models.audience_job import MOVING, JobState
from customers.errors import not_found
from customers.models import Organization


def deliveries_of(*, organization: Organization, state: str | None = None) -> QuerySet[AudienceJob]:
    """The deliveries of the organization, newest first; only those in one state where it is named."""
    jobs = AudienceJob.objects.filter(organization=organization).defer("definition").order_by("-id")
    return jobs if state is None else jobs.filter(state=state)


def deliveries_to_watch(*, since: datetime) -> QuerySet[AudienceJob]:
    """What moves or waits, and what has ended since; of all organizations, for whoever runs the platform."""
    open_ones = Q(state__in=[*MOVING, JobState.PAUSED])
    jobs = AudienceJob.objects.filter(open_ones | Q(finished_at__gte=since) | Q(state=JobState.FAILED))
    return jobs.defer("definition").select_related("unit", "organization").order_by("scheduled_for", "id")[:50]


def get_delivery(*, organization: Organization, job_id: int) -> AudienceJob:
    """One delivery; DomainError `not_found`."""
    job = deliveries_of(organization=organization).filter(pk=job_id).first()
    if job is None:
        raise not_found("Delivery")
    return job
