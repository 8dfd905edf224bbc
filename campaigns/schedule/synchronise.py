"""What a change of levels does to the deliveries of their creatives: made, moved, paused, resumed, given up."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from campaigns.models.level import Level
from customers.models import Organization

# The changes of a level that its jobs follow; dates are looked at when a job is due.
PARENTS = {"campaign", "campaign_id", "line_item", "line_item_id", "group", "group_id"}
DECIDING = {"status", "delivery_method", "scheduled_delivery_date", "creative_type", *PARENTS}
ALIASES: dict[type[Level], str] = {AdCampaign: "campaign", AdLineItem: "line_item", AdGroup: "part", AdUnit: "unit"}
# What the levels of a campaign's creatives say: live all the way up, or over for good.
UNITS = """
WITH units AS MATERIALIZED (
    SELECT unit.id, unit.organization_id, campaign.id AS campaign_id, unit.group_id, unit.creative_type,
        unit.scheduled_delivery_date AS at,
        unit.status = 'live' AND part.status = 'live' AND line_item.status = 'live' AND campaign.status = 'live'
            AS is_live,
        unit.deleted_at IS NOT NULL OR part.deleted_at IS NOT NULL OR line_item.deleted_at IS NOT NULL
            OR campaign.deleted_at IS NOT NULL OR unit.delivery_method <> 'scheduled'
            OR 'completed' IN (unit.status, part.status, line_item.status, campaign.status) AS is_over
    FROM campaigns_adcampaign campaign
    JOIN campaigns_adlineitem line_item ON line_item.campaign_id = campaign.id
    JOIN campaigns_adgroup part ON part.line_item_id = line_item.id
    JOIN campaigns_adunit unit ON unit.group_id = part.id
    WHERE {level}.id = %(id)s::bigint AND campaign.organization_id = %(organization)s::bigint
)"""
# Where a job that stood still goes on: before the next judgement of its lateness.
RESUMED = """CASE WHEN job.built_at IS NOT NULL THEN 'built' WHEN job.started_at IS NOT NULL THEN 'building'
    ELSE 'scheduled' END"""
# What stands at a time so that nothing else is done there: also what an operator cancelled, or what began to deliver.
IS_DONE_WITH = "({job}.state <> 'cancelled' OR {job}.is_held OR {job}.delivering_at IS NOT NULL)"
# A job whose audience is being built is not moved to another time, but given up for one that begins anew; one that
# has begun to deliver goes on. What was done or cancelled at a time is never done again at that time, whatever way
# leads back to it. An audience is of no use to another type of message: its job is given up in any case; nor is one of
# another group, unless it is being delivered already. What an operator holds is given up only for another time, and
# what takes its place is held too. Jobs go with their creatives to another campaign, also those that are over.
CHANGE = f"""
{UNITS}, locked AS MATERIALIZED (
    SELECT job.* FROM campaigns_audiencejob job
    WHERE job.unit_id IN (SELECT id FROM units) AND (
        job.state IN ('scheduled', 'building', 'built', 'delivering', 'paused')
        OR job.campaign_id <> (SELECT campaign_id FROM units WHERE units.id = job.unit_id))
    ORDER BY job.id FOR UPDATE OF job
), judged AS (
    SELECT job.id, job.is_held, units.unit_id, units.organization_id, units.campaign_id, units.at, units.is_live,
        units.is_over, job.state IN ('complete', 'cancelled', 'skipped', 'failed') AS is_past,
        job.started_at IS NULL AS is_unbegun,
        job.scheduled_for IS DISTINCT FROM units.at AND job.delivering_at IS NULL AS is_elsewhere,
        NOT job.is_held AND (COALESCE(job.definition ->> 'creative_type' <> units.creative_type, false)
            OR (job.delivering_at IS NULL AND (
                COALESCE((job.definition ->> 'group_id')::bigint <> units.group_id, false)
                OR COALESCE((job.definition #>> '{{{{campaign,id}}}}')::bigint <> units.campaign_id, false)
            ))) AS is_another,
        EXISTS (SELECT FROM campaigns_audiencejob other WHERE other.unit_id = job.unit_id AND other.id <> job.id
            AND other.scheduled_for = units.at AND {IS_DONE_WITH.format(job="other")}) AS is_taken
    FROM locked job JOIN units AS units (unit_id, organization_id, campaign_id, group_id, creative_type, at, is_live,
        is_over) ON units.unit_id = job.unit_id
), settled AS (
    SELECT judged.*, NOT is_past AND (is_over OR is_another OR (is_elsewhere AND (is_taken OR NOT is_unbegun)))
        AS is_given_up FROM judged
), replaced AS (
    INSERT INTO campaigns_audiencejob (organization_id, campaign_id, unit_id, scheduled_for, state, is_held, paused_at)
    SELECT organization_id, campaign_id, unit_id, at, 'paused', true, now() FROM settled
    WHERE is_given_up AND is_held AND is_elsewhere AND NOT is_taken AND NOT is_over
    ON CONFLICT DO NOTHING RETURNING unit_id
)
UPDATE campaigns_audiencejob job SET
    campaign_id = settled.campaign_id,
    scheduled_for = CASE WHEN NOT is_past AND settled.is_elsewhere AND NOT is_given_up THEN settled.at
        ELSE scheduled_for END,
    state = CASE WHEN is_past THEN job.state WHEN is_given_up THEN 'cancelled'
        WHEN is_live AND NOT job.is_held THEN {RESUMED} ELSE 'paused' END,
    is_held = job.is_held AND NOT (is_given_up AND job.unit_id IN (SELECT unit_id FROM replaced)),
    finished_at = CASE WHEN is_past THEN job.finished_at WHEN is_given_up THEN now() END,
    error = CASE WHEN is_given_up THEN '' ELSE job.error END,
    paused_at = CASE WHEN is_past THEN job.paused_at
        WHEN NOT is_given_up AND (job.is_held OR NOT is_live) THEN COALESCE(job.paused_at, now()) END
FROM settled WHERE job.id = settled.id AND (
    job.campaign_id <> settled.campaign_id
    OR NOT is_past AND (is_given_up OR is_elsewhere OR (is_live AND NOT job.is_held) = (job.state = 'paused')))
"""  # noqa: S608 - put together from constants
MAKE = f"""
{UNITS}
INSERT INTO campaigns_audiencejob (organization_id, campaign_id, unit_id, scheduled_for)
SELECT units.organization_id, units.campaign_id, units.id, units.at FROM units
WHERE is_live AND NOT is_over AND NOT EXISTS (
    SELECT FROM campaigns_audiencejob job WHERE job.unit_id = units.id AND job.scheduled_for = units.at
    AND {IS_DONE_WITH.format(job="job")})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from constants


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
