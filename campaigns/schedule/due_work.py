"""What time has made due: deliveries to begin or to release, and whether there is any work at all."""

from django.db import connection


def due_jobs(now: str) -> str:
    """SQL from FROM on: the jobs whose time has come at `now` (SQL too); their states are the caller's to name.

    A job whose levels have not begun yet waits for them.
    """
    return f"""
FROM campaigns_audiencejob job
JOIN campaigns_adunit unit ON unit.id = job.unit_id
JOIN campaigns_adgroup part ON part.id = unit.group_id
JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
WHERE job.scheduled_for <= {now} AND GREATEST(campaign.starts_at, line_item.starts_at, part.starts_at) <= {now}
"""


WORK_IS_DUE = f"""
SELECT EXISTS (SELECT FROM campaigns_audiencejob WHERE state IN ('building', 'delivering'))
OR EXISTS (SELECT {due_jobs("now()")} AND job.state IN ('scheduled', 'built'))
OR EXISTS (SELECT FROM campaigns_audiencemember WHERE job_id IS NULL AND state = 'pending' AND due_at <= now())
"""  # noqa: S608 (put together from constants)


def work_is_due() -> bool:
    """Whether a worker would find something to do, in any organization."""
    with connection.cursor() as cursor:
        cursor.execute(WORK_IS_DUE)
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])
