-- name: choose_next_delivery
-- The delivery that was worked on longest ago and has something due; locks it. (Its first recipient is asked for in the
-- order of an index: looking for any one, the planner reads the table in the hope of an early one.)
WITH next AS (
    SELECT delivery.id FROM campaigns_delivery delivery
    JOIN campaigns_adunit creative ON creative.id = delivery.creative_id
    WHERE delivery.state = 'delivering' AND (delivery.leased_until IS NULL OR delivery.leased_until < now()) AND (
        creative.ad_type = ANY(%s::varchar[])
        OR (SELECT recipient.due_at FROM campaigns_recipient recipient
            WHERE recipient.delivery_id = delivery.id AND recipient.state = 'pending'
            ORDER BY recipient.due_at LIMIT 1) <= now())
    ORDER BY delivery.heartbeat_at NULLS FIRST, delivery.id LIMIT 1
)
UPDATE campaigns_delivery delivery SET heartbeat_at = clock_timestamp()
FROM next WHERE delivery.id = next.id RETURNING delivery.id

-- name: record_failure
-- Counts a failure: postpones the delivery, or fails it after too many or a lasting one; locks it.
UPDATE campaigns_delivery SET failures = failures + 1, error = %(error)s::text,
    state = CASE WHEN %(lasting)s::boolean OR failures + 1 >= %(most)s::int THEN 'failed' ELSE state END,
    leased_until = now() + make_interval(secs => GREATEST(LEAST(2 ^ failures, %(longest)s::int), %(asked)s::float))
WHERE id = %(delivery)s::bigint AND state = 'delivering'

-- name: record_success
-- Resets failures after some messages were sent; locks the delivery if anything changes. If recipients are to be tried
-- again later, the reason of the last of them (by an index) says why the delivery isn't over.
WITH waits AS (
    SELECT CASE WHEN state <> 'delivering' THEN error ELSE COALESCE(%(some)s::text || (
        SELECT recipient.error FROM campaigns_recipient recipient
        WHERE recipient.delivery_id = %(delivery)s::bigint AND recipient.state = 'pending' AND recipient.due_at > now()
        ORDER BY recipient.due_at DESC LIMIT 1
    ), '') END AS told FROM campaigns_delivery WHERE id = %(delivery)s::bigint
)
UPDATE campaigns_delivery delivery SET failures = 0, error = waits.told, destination = %(destination)s::varchar
FROM waits WHERE delivery.id = %(delivery)s::bigint
AND (delivery.failures > 0 OR delivery.destination <> %(destination)s::varchar OR delivery.error <> waits.told)
