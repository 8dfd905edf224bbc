-- name: find_next_triggered_creative
-- The creative whose triggered message has waited longest, if its levels are live or over; locks nobody. One step in an
-- index finds the first message of each creative, whatever their number.
WITH RECURSIVE heads AS (
    (SELECT creative_id, due_at FROM campaigns_recipient
    WHERE delivery_id IS NULL AND state = 'pending' ORDER BY creative_id, due_at LIMIT 1)
    UNION ALL
    SELECT next.creative_id, next.due_at FROM heads CROSS JOIN LATERAL (
        SELECT recipient.creative_id, recipient.due_at FROM campaigns_recipient recipient
        WHERE recipient.delivery_id IS NULL AND recipient.state = 'pending' AND recipient.creative_id > heads.creative_id
        ORDER BY recipient.creative_id, recipient.due_at LIMIT 1
    ) next
), judged AS (
    SELECT creative.id, heads.due_at,
        ${levels_are_live} AND ${levels_start_at} <= now() AS is_live,
        creative.delivery_method <> 'triggered' OR ${levels_are_over} OR ${levels_end_at} <= now() AS is_over
    FROM heads
    JOIN campaigns_adunit creative ON creative.id = heads.creative_id
    ${levels_above_creative}
    WHERE heads.due_at <= now() AND heads.creative_id <> ALL(%s::bigint[])
)
SELECT id, is_over FROM judged WHERE is_live OR is_over ORDER BY due_at, id LIMIT 1

-- name: defer_or_skip
-- Defers or skips due triggered messages of a creative; locks those that nobody has locked.
WITH waiting AS (
    SELECT key FROM campaigns_recipient
    WHERE delivery_id IS NULL AND creative_id = %(creative)s::bigint AND state = 'pending' AND due_at <= now()
    LIMIT ${largest_bite} FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_recipient recipient SET state = %(state)s::varchar, error = %(error)s::varchar,
    due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() + make_interval(secs => %(seconds)s::float)
        ELSE now() END
FROM waiting WHERE recipient.key = waiting.key
