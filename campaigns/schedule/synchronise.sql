-- fragment: creative_levels
-- The creatives at or below a level: whether all their levels are live, or one is over for good.
WITH creatives AS MATERIALIZED (
    SELECT creative.id, creative.organization_id, campaign.id AS campaign_id, creative.creative_group_id,
        creative.creative_type, creative.scheduled_delivery_date AS at,
        ${levels_are_live} AS is_live,
        creative.delivery_method <> 'scheduled' OR ${levels_are_over} AS is_over
    FROM campaigns_adcampaign campaign
    JOIN campaigns_adlineitem line_item ON line_item.campaign_id = campaign.id
    JOIN campaigns_adgroup creative_group ON creative_group.line_item_id = line_item.id
    JOIN campaigns_adunit creative ON creative.creative_group_id = creative_group.id
    WHERE {level}.id = %(id)s::bigint AND campaign.organization_id = %(organization)s::bigint
)

-- name: update_deliveries
-- Brings deliveries in line with their creatives' levels; locks them by id.
-- While an audience is being built the delivery is not moved to another time, but cancelled for one that begins anew; one
-- that is delivering goes on. What was done or cancelled at a time is never done again at that time. An audience can't be
-- used for another type of message, nor for another group unless it is delivering already: the delivery is cancelled.
-- What an operator holds is cancelled only for another time, and its replacement is held too. Deliveries follow their
-- creatives to another campaign, also those that are over.
${creative_levels}, locked AS MATERIALIZED (
    SELECT delivery.* FROM campaigns_delivery delivery
    WHERE delivery.creative_id IN (SELECT id FROM creatives) AND (
        delivery.state NOT IN (${terminal_states})
        OR delivery.campaign_id <> (SELECT campaign_id FROM creatives WHERE creatives.id = delivery.creative_id))
    ORDER BY delivery.id FOR UPDATE OF delivery
), judged AS (
    SELECT delivery.id, delivery.is_held, creatives.creative_id, creatives.organization_id, creatives.campaign_id,
        creatives.at, creatives.is_live, creatives.is_over, delivery.state IN (${terminal_states}) AS is_past,
        delivery.started_at IS NULL AS is_unbegun,
        delivery.scheduled_for IS DISTINCT FROM creatives.at AND delivery.delivering_at IS NULL AS is_elsewhere,
        NOT delivery.is_held AND (COALESCE(delivery.definition ->> 'creative_type' <> creatives.creative_type, false)
            OR (delivery.delivering_at IS NULL AND (
                COALESCE((delivery.definition ->> 'group_id')::bigint <> creatives.group_id, false)
                OR COALESCE((delivery.definition #>> '{{campaign,id}}')::bigint <> creatives.campaign_id, false)
            ))) AS is_another,
        EXISTS (SELECT FROM campaigns_delivery other
            WHERE other.creative_id = delivery.creative_id AND other.id <> delivery.id
            AND other.scheduled_for = creatives.at AND ${other_occupies_time}) AS is_taken
    FROM locked delivery JOIN creatives AS creatives (creative_id, organization_id, campaign_id, group_id,
        creative_type, at, is_live, is_over) ON creatives.creative_id = delivery.creative_id
), settled AS (
    SELECT judged.*, NOT is_past AND (is_over OR is_another OR (is_elsewhere AND (is_taken OR NOT is_unbegun)))
        AS is_given_up FROM judged
), replaced AS (
    INSERT INTO campaigns_delivery (organization_id, campaign_id, creative_id, scheduled_for, state, is_held, paused_at)
    SELECT organization_id, campaign_id, creative_id, at, 'paused', true, now() FROM settled
    WHERE is_given_up AND is_held AND is_elsewhere AND NOT is_taken AND NOT is_over
    ON CONFLICT DO NOTHING RETURNING creative_id
)
UPDATE campaigns_delivery delivery SET
    campaign_id = settled.campaign_id,
    scheduled_for = CASE WHEN NOT is_past AND settled.is_elsewhere AND NOT is_given_up THEN settled.at
        ELSE scheduled_for END,
    state = CASE WHEN is_past THEN delivery.state WHEN is_given_up THEN 'cancelled'
        WHEN is_live AND NOT delivery.is_held THEN ${resumed_state} ELSE 'paused' END,
    is_held = delivery.is_held AND NOT (is_given_up AND delivery.creative_id IN (SELECT creative_id FROM replaced)),
    finished_at = CASE WHEN is_past THEN delivery.finished_at WHEN is_given_up THEN now() END,
    error = CASE WHEN is_given_up THEN '' ELSE delivery.error END,
    paused_at = CASE WHEN is_past THEN delivery.paused_at
        WHEN NOT is_given_up AND (delivery.is_held OR NOT is_live) THEN COALESCE(delivery.paused_at, now()) END
FROM settled WHERE delivery.id = settled.id AND (
    delivery.campaign_id <> settled.campaign_id
    OR NOT is_past AND (is_given_up OR is_elsewhere OR (is_live AND NOT delivery.is_held) = (delivery.state = 'paused')))

-- name: make_deliveries
-- Makes the deliveries that live, scheduled creatives lack; locks nobody.
${creative_levels}
INSERT INTO campaigns_delivery (organization_id, campaign_id, creative_id, scheduled_for)
SELECT creatives.organization_id, creatives.campaign_id, creatives.id, creatives.at FROM creatives
WHERE is_live AND NOT is_over AND NOT EXISTS (
    SELECT FROM campaigns_delivery delivery
    WHERE delivery.creative_id = creatives.id AND delivery.scheduled_for = creatives.at AND ${occupies_time})
ON CONFLICT DO NOTHING
