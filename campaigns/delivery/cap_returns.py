"""What a delivery that is given up had counted towards its campaign's cap is given back, for nothing was sent.

An audience counts when it is built. A delivery that is cancelled or skipped after that, because an operator says so or
its date, type or group is another one now, is settled here in bites: who is still pending is skipped and counts one
less, unless another period or rule is counted by now. Until that is done no delivery of the campaign begins.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.decisions.compiled import read_definition
from campaigns.delivery.audience import get_terms
from campaigns.models import AudienceJob
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# Page views of so many customers wait for one bite.
BITE = 1_000
GIVEN_UP = "The delivery was given up."
OWES = "{job}.state IN ('cancelled', 'skipped') AND {job}.caps_returned_at IS NULL AND {job}.started_at IS NOT NULL"
# For a condition over `job`, one that is about to begin.
NOTHING_OWED = f"""NOT EXISTS (SELECT FROM campaigns_audiencejob other
    WHERE other.campaign_id = job.campaign_id AND {OWES.format(job="other")})"""
NEXT = f"""
SELECT job.id FROM campaigns_audiencejob job WHERE {OWES.format(job="job")} ORDER BY job.id LIMIT 1
"""  # noqa: S608 (put together from constants)
RETURN = SQL("return")


@transaction.atomic
def return_next_caps() -> bool:
    """Settle the next recipients of a delivery that was given up; False where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        row = cursor.fetchone()
    if row is None:
        return False
    job = AudienceJob.objects.select_related("organization").get(pk=row[0])
    counted = _counted_as(job)
    if counted is None or _return(job, counted) < BITE:
        AudienceJob.objects.filter(pk=job.pk).update(caps_returned_at=Now())
    return True


def _counted_as(job: AudienceJob) -> dict[str, Any] | None:
    """The campaign and the rule that its audience was counted by; None where it wasn't."""
    kept: dict[str, Any] = job.definition or {}
    if "campaign" not in kept or job.started_at is None:
        return None
    cap = get_terms(
        organization=job.organization,
        definition=read_definition(organization_id=job.organization_id, written=kept),
        creative_type=kept["creative_type"],
        now=job.started_at,
    ).cap
    if cap is None:
        return None
    return {"campaign": kept["campaign"]["id"], "rule": cap.rule}


def _return(job: AudienceJob, counted: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(RETURN, {**counted, "job": job.pk, "limit": BITE, "error": GIVEN_UP})
        (looked_at,) = cursor.fetchone()
    return int(looked_at)
