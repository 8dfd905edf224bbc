-- fragment: units
-- What the levels of a campaign's creatives say: live all the way up, or over for good.
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
)

-- name: change
-- A job whose audience is being built is not moved to another time, but given up for one that begins anew; one that
-- has begun to deliver goes on. What was done or cancelled at a time is never done again at that time, whatever way
-- leads back to it. An audience is of no use to another type of message: its job is given up in any case; nor is one of
-- another group, unless it is being delivered already. What an operator holds is given up only for another time, and
-- what takes its place is held too. Jobs go with their creatives to another campaign, also those that are over.
${units}, locked AS MATERIALIZED (
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
                OR COALESCE((job.definition #>> '{{campaign,id}}')::bigint <> units.campaign_id, false)
            ))) AS is_another,
        EXISTS (SELECT FROM campaigns_audiencejob other WHERE other.unit_id = job.unit_id AND other.id <> job.id
            AND other.scheduled_for = units.at AND ${is_done_with_job_other}) AS is_taken
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
        WHEN is_live AND NOT job.is_held THEN ${resumed} ELSE 'paused' END,
    is_held = job.is_held AND NOT (is_given_up AND job.unit_id IN (SELECT unit_id FROM replaced)),
    finished_at = CASE WHEN is_past THEN job.finished_at WHEN is_given_up THEN now() END,
    error = CASE WHEN is_given_up THEN '' ELSE job.error END,
    paused_at = CASE WHEN is_past THEN job.paused_at
        WHEN NOT is_given_up AND (job.is_held OR NOT is_live) THEN COALESCE(job.paused_at, now()) END
FROM settled WHERE job.id = settled.id AND (
    job.campaign_id <> settled.campaign_id
    OR NOT is_past AND (is_given_up OR is_elsewhere OR (is_live AND NOT job.is_held) = (job.state = 'paused')))

-- name: make
${units}
INSERT INTO campaigns_audiencejob (organization_id, campaign_id, unit_id, scheduled_for)
SELECT units.organization_id, units.campaign_id, units.id, units.at FROM units
WHERE is_live AND NOT is_over AND NOT EXISTS (
    SELECT FROM campaigns_audiencejob job WHERE job.unit_id = units.id AND job.scheduled_for = units.at
    AND ${is_done_with_job_job})
ON CONFLICT DO NOTHING
