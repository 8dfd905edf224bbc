"""Messages that earned behaviors send: the same ledger and the same channels, without a job."""

from collections.abc import Collection

from django.db import connection

# The creative whose message has waited longest, and what its levels say.
NEXT = """
SELECT unit.id, unit.status = 'live' AND part.status = 'live' AND line_item.status = 'live'
    AND campaign.status = 'live' AND GREATEST(campaign.starts_at, line_item.starts_at, part.starts_at) <= now(),
    unit.deleted_at IS NOT NULL OR part.deleted_at IS NOT NULL OR line_item.deleted_at IS NOT NULL
    OR campaign.deleted_at IS NOT NULL OR unit.delivery_method <> 'triggered'
    OR 'completed' IN (unit.status, part.status, line_item.status, campaign.status)
    OR LEAST(campaign.ends_at, line_item.ends_at, part.ends_at) <= now()
FROM (
    SELECT unit_id FROM campaigns_audiencemember
    WHERE job_id IS NULL AND state = 'pending' AND due_at <= now() AND unit_id <> ALL(%s::bigint[])
    ORDER BY due_at LIMIT 1
) first
JOIN campaigns_adunit unit ON unit.id = first.unit_id
JOIN campaigns_adgroup part ON part.id = unit.group_id
JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
"""
SET_ASIDE = """
WITH waiting AS (
    SELECT key FROM campaigns_audiencemember
    WHERE job_id IS NULL AND unit_id = %(unit)s::bigint AND state = 'pending' AND due_at <= now()
    LIMIT 10000 FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_audiencemember member SET state = %(state)s::varchar, error = %(error)s::varchar,
    due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() + make_interval(secs => %(seconds)s::float)
        ELSE now() END
FROM waiting WHERE member.key = waiting.key
"""
# How soon a creative that is not live is looked at again.
PAUSE_SECONDS = 15


def next_triggered_unit(*, besides: Collection[int] = ()) -> int | None:
    """The creative (`besides` these) whose triggered messages are next to be sent; None where none are now.

    Messages of a creative that is over are skipped; those of one that is not live now wait.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [list(besides)])
            row = cursor.fetchone()
        if row is None:
            return None
        unit_id, is_live, is_over = row
        if is_live and not is_over:
            return int(unit_id)
        if is_over:
            set_aside(unit_id=unit_id, state="skipped", error="The creative or its campaign is over.")
        else:
            set_aside(unit_id=unit_id, state="pending", error=None)


def set_aside(*, unit_id: int, state: str, error: str | None, seconds: float = PAUSE_SECONDS) -> None:
    """Settle a creative's waiting triggered messages at once, or (`pending`) let them wait for so many seconds."""
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, {"unit": unit_id, "state": state, "error": error, "seconds": seconds})
