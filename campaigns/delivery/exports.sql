-- name: take
UPDATE campaigns_delivery SET lease = %(lease)s::bigint, heartbeat_at = now(),
    leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(delivery)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
RETURNING file_rows IS NOT NULL

-- name: skip
WITH lost AS (
    UPDATE campaigns_recipient recipient SET state = 'skipped', error = {error}
    WHERE recipient.delivery_id = {delivery} AND recipient.state = 'pending' AND {whom} RETURNING 1
)
UPDATE campaigns_delivery SET skipped = skipped + (SELECT count(*) FROM lost) WHERE id = {delivery}

-- name: sent
WITH next AS (
    SELECT key FROM campaigns_recipient WHERE delivery_id = %(delivery)s::bigint AND state = 'pending'
    LIMIT ${batch} FOR UPDATE SKIP LOCKED
), sent AS (
    UPDATE campaigns_recipient recipient SET state = 'sent', due_at = NULL, attempts = attempts + 1
    FROM next WHERE recipient.key = next.key RETURNING 1
)
UPDATE campaigns_delivery SET sent = sent + (SELECT count(*) FROM sent), heartbeat_at = now()
WHERE id = %(delivery)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering'
RETURNING (SELECT count(*) FROM sent)
