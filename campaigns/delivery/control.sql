-- name: is_outdated
-- A later delivery of the creative: one that was given up doesn't count, one that an operator cancelled at the time at
-- which the creative stands does.
SELECT EXISTS (
    SELECT FROM campaigns_delivery later JOIN campaigns_adunit creative ON creative.id = later.creative_id
    WHERE later.creative_id = %s::bigint AND later.id > %s::bigint AND ${is_done_with_delivery_later}
    AND (later.state <> 'cancelled' OR later.delivering_at IS NOT NULL
        OR later.scheduled_for = creative.scheduled_delivery_date))
