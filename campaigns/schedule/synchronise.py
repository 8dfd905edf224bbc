"""What a change of levels does to the deliveries of their creatives: made, moved, paused, resumed, given up."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.level import Level
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# The changes of a level that its jobs follow; dates are looked at when a job is due.
PARENTS = {"campaign", "campaign_id", "line_item", "line_item_id", "group", "group_id"}
DECIDING = {"status", "delivery_method", "scheduled_delivery_date", "creative_type", *PARENTS}
ALIASES: dict[type[Level], str] = {AdCampaign: "campaign", AdLineItem: "line_item", AdGroup: "part", AdUnit: "unit"}
UNITS = SQL("units")
# Where a job that stood still goes on: before the next judgement of its lateness.
RESUMED = """CASE WHEN job.built_at IS NOT NULL THEN 'built' WHEN job.started_at IS NOT NULL THEN 'building'
    ELSE 'scheduled' END"""
# What stands at a time so that nothing else is done there: also what an operator cancelled, or what began to deliver.
IS_DONE_WITH = "({job}.state <> 'cancelled' OR {job}.is_held OR {job}.delivering_at IS NOT NULL)"
CHANGE = SQL("change", units=UNITS, is_done_with_job_other=IS_DONE_WITH.format(job="other"), resumed=RESUMED)
MAKE = SQL("make", units=UNITS, is_done_with_job_job=IS_DONE_WITH.format(job="job"))


def synchronise_jobs(*, organization: Organization, level: Level, changes: Mapping[str, Any] | None = None) -> None:
    """Bring the jobs of the creatives at or below a level in line with it, in two statements whatever their number.

    Call it in the transaction that changed the level (`changes` spares the statements where nothing of it matters),
    after `raise_version`: writers of one organization stand in a line there, so the last one sees what all have done.
    """
    if changes is not None and not DECIDING & changes.keys():
        return
    values = {"id": level.pk, "organization": organization.pk}
    with connection.cursor() as cursor:
        cursor.execute(CHANGE.format(level=ALIASES[type(level)]), values)
    make_jobs(organization=organization, level=level)


def make_jobs(*, organization: Organization, level: Level) -> None:
    """Make the jobs that the live creatives at or below a level lack; enough where the level is new."""
    with connection.cursor() as cursor:
        values = {"id": level.pk, "organization": organization.pk}
        cursor.execute(MAKE.format(level=ALIASES[type(level)]), values)
