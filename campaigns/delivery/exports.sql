-- name: skip_recipients
-- Skips the pending recipients that {whom} selects; locks them, then the delivery.
WITH lost AS (
    UPDATE campaigns_recipient recipient SET state = 'skipped', error = {error}
    WHERE recipient.delivery_id = {delivery} AND recipient.state = 'pending' AND {whom} RETURNING 1
)
UPDATE campaigns_delivery SET skipped = skipped + (SELECT count(*) FROM lost) WHERE id = {delivery}

-- name: mark_recipients_sent
-- Marks the next pending recipients as sent; how many. No row if the lease is lost. Locks recipients that nobody has
-- locked, then the delivery.
WITH next AS (
    SELECT key FROM campaigns_recipient WHERE delivery_id = %(delivery)s::bigint AND state = 'pending'
    LIMIT ${batch} FOR UPDATE SKIP LOCKED
), sent AS (
    UPDATE campaigns_recipient recipient SET state = 'sent', due_at = NULL, attempts = attempts + 1
    FROM next WHERE recipient.key = next.key RETURNING 1
)
UPDATE campaigns_delivery SET sent = sent + (SELECT count(*) FROM sent), heartbeat_at = now()
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'delivering'
RETURNING (SELECT count(*) FROM sent)
