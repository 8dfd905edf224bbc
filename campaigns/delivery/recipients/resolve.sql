-- name: resolve_recipients
-- An operator's resolution of ambiguous recipients (and, to send again, of failed ones); how many. Locks recipients by
-- key, then deliveries by id.
WITH chosen AS (
    SELECT key, delivery_id, state AS state_before FROM campaigns_recipient
    WHERE key = ANY(%(keys)s::uuid[]) AND organization_id = %(organization)s::bigint
    AND (state = 'ambiguous' OR (state = 'failed' AND %(state)s::varchar = 'pending')) ORDER BY key FOR UPDATE
), resolved AS (
    UPDATE campaigns_recipient recipient SET state = %(state)s::varchar, lease_token = NULL,
        due_at = CASE WHEN %(state)s::varchar = 'pending' OR recipient.delivery_id IS NULL THEN now() END,
        reference = CASE WHEN %(state)s::varchar <> 'pending' THEN recipient.reference END, tried_since = NULL,
        attempts = CASE WHEN %(state)s::varchar = 'pending' THEN 0 ELSE attempts END
    FROM chosen WHERE recipient.key = chosen.key RETURNING chosen.delivery_id, chosen.state_before, recipient.capped_from
), deliveries AS MATERIALIZED (
    SELECT id FROM campaigns_delivery WHERE id IN (SELECT delivery_id FROM resolved) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE campaigns_delivery delivery SET ambiguous = delivery.ambiguous - several.ambiguous,
        sent = delivery.sent + CASE WHEN %(state)s::varchar = 'sent' THEN several.ambiguous ELSE 0 END,
        failed = delivery.failed - several.failed
            + CASE WHEN %(state)s::varchar = 'failed' THEN several.ambiguous ELSE 0 END,
        finished_at = CASE WHEN %(state)s::varchar = 'pending' AND delivery.state = 'complete' THEN NULL
            ELSE delivery.finished_at END,
        state = CASE WHEN %(state)s::varchar = 'pending' AND delivery.state = 'complete' THEN 'delivering'
            ELSE delivery.state END,
        capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(delivery.capped_from, several.capped_from)
            ELSE delivery.capped_from END
    FROM deliveries JOIN (
        SELECT delivery_id, count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
            count(*) FILTER (WHERE state_before = 'failed') AS failed, min(capped_from) AS capped_from
        FROM resolved GROUP BY delivery_id
    ) several ON several.delivery_id = deliveries.id WHERE delivery.id = deliveries.id
)
SELECT count(*) FROM resolved
