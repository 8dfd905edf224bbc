-- name: lock_recipients
-- Locks the recipients of two customers by key, before they are read: a worker may be about to settle them.
SELECT FROM campaigns_recipient recipient
WHERE recipient.customer_id IN (%(from)s::bigint, %(to)s::bigint) AND ${is_built}
ORDER BY recipient.key FOR UPDATE OF recipient

-- name: move_recipients
-- Gives a customer's recipients, which are locked, to the surviving customer.
UPDATE campaigns_recipient recipient SET customer_id = %(to)s::bigint
WHERE recipient.customer_id = %(from)s::bigint AND ${is_built}

-- name: merge_recipients
-- Of two recipients of one delivery the one that has progressed further stays, and the delivery counts one less. Locks
-- recipients, which the caller has locked before, then deliveries by id.
WITH doubled AS (
    SELECT CASE WHEN array_position(%(ranks)s::text[], theirs.state::text) >
        array_position(%(ranks)s::text[], ours.state::text) THEN ours.key ELSE theirs.key END AS lost_key
    FROM campaigns_recipient theirs JOIN campaigns_recipient ours ON ours.delivery_id = theirs.delivery_id
    WHERE theirs.customer_id = %(from)s::bigint AND ours.customer_id = %(to)s::bigint
    AND ${is_built}
), lost AS (
    DELETE FROM campaigns_recipient recipient USING doubled WHERE recipient.key = doubled.lost_key
    RETURNING recipient.delivery_id, recipient.state
), locked AS MATERIALIZED (
    SELECT delivery.id FROM campaigns_delivery delivery WHERE delivery.id IN (SELECT delivery_id FROM lost)
    ORDER BY delivery.id FOR NO KEY UPDATE
)
UPDATE campaigns_delivery delivery SET audience = audience - 1,
    sent = sent - (lost.state = 'sent')::int, failed = failed - (lost.state = 'failed')::int,
    skipped = skipped - (lost.state = 'skipped')::int, ambiguous = ambiguous - (lost.state = 'ambiguous')::int
FROM locked JOIN lost ON lost.delivery_id = locked.id WHERE delivery.id = locked.id

-- name: delete_recipients
-- Deletes customers' recipients, and the deliveries count so many less. Locks recipients by key, then deliveries by id.
WITH locked AS MATERIALIZED (
    SELECT key FROM campaigns_recipient WHERE customer_id = ANY(%s::bigint[]) ORDER BY key FOR UPDATE
), lost AS (
    DELETE FROM campaigns_recipient recipient USING locked WHERE recipient.key = locked.key
    RETURNING recipient.delivery_id, recipient.state
), several AS MATERIALIZED (
    SELECT delivery_id, count(*) AS audience, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
    FROM lost WHERE delivery_id IS NOT NULL GROUP BY delivery_id
), deliveries AS MATERIALIZED (
    SELECT id FROM campaigns_delivery WHERE id IN (SELECT delivery_id FROM several) ORDER BY id FOR UPDATE
)
UPDATE campaigns_delivery delivery SET audience = delivery.audience - several.audience,
    sent = delivery.sent - several.sent,
    failed = delivery.failed - several.failed, skipped = delivery.skipped - several.skipped,
    ambiguous = delivery.ambiguous - several.ambiguous
FROM several JOIN deliveries ON deliveries.id = several.delivery_id WHERE delivery.id = several.delivery_id
