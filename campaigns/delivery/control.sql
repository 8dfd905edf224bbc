-- name: find_creative_levels
-- Whether a creative's levels are live or over, its type and its place; locks nobody.
${creative_levels}
SELECT is_live, is_over, creative_type, creative_group_id, campaign_id FROM creatives

-- name: resume_delivery
-- Lets a delivery go on, or leaves it paused while its levels are not live; locks it.
UPDATE campaigns_delivery delivery SET is_held = false, paused_at = NULL, finished_at = NULL, failures = 0, error = '',
    leased_until = NULL, state = CASE WHEN %s::boolean THEN ${resumed_state} ELSE 'paused' END
WHERE delivery.id = %s::bigint

-- name: has_newer_delivery
-- Whether the creative has a later delivery; locks nobody. One that was given up doesn't count, one that an operator
-- cancelled at the time at which the creative stands does.
SELECT EXISTS (
    SELECT FROM campaigns_delivery later JOIN campaigns_adunit creative ON creative.id = later.creative_id
    WHERE later.creative_id = %s::bigint AND later.id > %s::bigint AND ${occupies_time}
    AND (later.state <> 'cancelled' OR later.delivering_at IS NOT NULL
        OR later.scheduled_for = creative.scheduled_delivery_date))
