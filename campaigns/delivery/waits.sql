-- name: recipients
WITH waiting AS (
    SELECT recipient.key FROM campaigns_recipient recipient
    WHERE recipient.state = 'pending' AND recipient.due_at > now() AND {whose}
    ORDER BY recipient.due_at DESC LIMIT ${most_at_once} FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE campaigns_recipient recipient SET due_at = now() FROM waiting WHERE recipient.key = waiting.key

-- name: deliveries
-- One that a worker exports at this moment waits for nothing.
WITH locked AS MATERIALIZED (
    SELECT id FROM campaigns_delivery WHERE id = ANY(%s::bigint[]) AND lease IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE campaigns_delivery delivery SET leased_until = NULL, failures = 0, error = '' FROM locked WHERE delivery.id = locked.id
