-- name: end_recipient_backoff
-- Makes recipients due that would be tried later; locks those that nobody has locked.
WITH waiting AS (
    SELECT recipient.key FROM campaigns_recipient recipient
    WHERE recipient.state = 'pending' AND recipient.due_at > now() AND {whose}
    ORDER BY recipient.due_at DESC LIMIT ${most_at_once} FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE campaigns_recipient recipient SET due_at = now() FROM waiting WHERE recipient.key = waiting.key

-- name: end_delivery_backoff
-- Makes postponed deliveries due, except one that a worker exports at this moment; locks them by id.
WITH locked AS MATERIALIZED (
    SELECT id FROM campaigns_delivery WHERE id = ANY(%s::bigint[]) AND lease_token IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE campaigns_delivery delivery SET leased_until = NULL, failures = 0, error = ''
FROM locked WHERE delivery.id = locked.id
