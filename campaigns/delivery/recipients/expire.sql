-- name: expire_leases
-- Makes recipients whose lease is over pending or ambiguous; locks those that nobody has locked, then deliveries.
WITH lost AS (
    SELECT key FROM campaigns_recipient
    WHERE state = 'leased' AND due_at < now() AND delivery_id IS NOT DISTINCT FROM %(delivery)s::bigint
    AND creative_id = %(creative)s::bigint ORDER BY key LIMIT 10000 FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE campaigns_recipient recipient SET state = %(state)s::varchar,
        due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() END, error = %(error)s::varchar
    FROM lost WHERE recipient.key = lost.key RETURNING recipient.delivery_id, recipient.capped_from
)
UPDATE campaigns_delivery delivery SET
    ambiguous = delivery.ambiguous + CASE WHEN %(state)s::varchar = 'ambiguous' THEN several.number ELSE 0 END,
    capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(delivery.capped_from, several.capped_from)
        ELSE delivery.capped_from END
FROM (SELECT delivery_id, count(*) AS number, min(capped_from) AS capped_from FROM marked GROUP BY delivery_id) several
WHERE delivery.id = several.delivery_id
