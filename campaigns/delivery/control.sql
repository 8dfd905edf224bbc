-- name: has_newer_delivery
-- Whether the creative has a later delivery; locks nobody. One that was given up doesn't count, one that an operator
-- cancelled at the time at which the creative stands does.
SELECT EXISTS (
    SELECT FROM campaigns_delivery later JOIN campaigns_adunit creative ON creative.id = later.creative_id
    WHERE later.creative_id = %s::bigint AND later.id > %s::bigint AND ${occupies_time}
    AND (later.state <> 'cancelled' OR later.delivering_at IS NOT NULL
        OR later.scheduled_for = creative.scheduled_delivery_date))
