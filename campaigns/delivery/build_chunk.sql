-- name: plan_chunks
-- Divides the organization's customers into chunks of ids without gaps between them; locks nobody.
WITH numbered AS (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s::bigint AS number
    FROM customers_customer WHERE organization_id = %s::bigint
), ranges AS (
    SELECT number, min(id) AS first_id, max(id) AS last_id FROM numbered GROUP BY number
)
INSERT INTO campaigns_audiencechunk (organization_id, delivery_id, number, first_id, last_id)
SELECT %s::bigint, %s::bigint, number, first_id, COALESCE(lead(first_id) OVER (ORDER BY number) - 1, last_id)
FROM ranges

-- name: claim_chunk
-- Leases one chunk (any, or the one asked for) that nobody has leased; locks it, and waits for nobody.
WITH next AS (
    SELECT chunk.id FROM campaigns_audiencechunk chunk JOIN campaigns_delivery delivery ON delivery.id = chunk.delivery_id
    WHERE delivery.state = 'building' AND chunk.done_at IS NULL
    AND (chunk.leased_until IS NULL OR chunk.leased_until < now())
    AND (%(chunk)s::bigint IS NULL OR chunk.id = %(chunk)s::bigint)
    ORDER BY delivery.scheduled_for, delivery.id, chunk.number LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED
)
UPDATE campaigns_audiencechunk chunk
SET lease_token = %(lease_token)s::bigint, leased_until = now() + make_interval(secs => %(seconds)s::int),
    attempts = attempts + 1
FROM next WHERE chunk.id = next.id RETURNING chunk.id

-- name: renew_chunk_lease
-- Extends the lease; no row if it is lost or the delivery is no longer being built. Locks the chunk, then the delivery.
WITH renewed AS (
    UPDATE campaigns_audiencechunk chunk SET leased_until = now() + make_interval(secs => %(seconds)s::int)
    FROM campaigns_delivery delivery
    WHERE chunk.id = %(chunk)s::bigint AND chunk.lease_token = %(lease_token)s::bigint AND chunk.done_at IS NULL
    AND delivery.id = chunk.delivery_id AND delivery.state = 'building' RETURNING chunk.delivery_id
)
UPDATE campaigns_delivery delivery SET heartbeat_at = now() FROM renewed
WHERE delivery.id = renewed.delivery_id RETURNING delivery.id

-- name: add_chunk_to_delivery
-- Counts a finished chunk; locks the delivery, if it is still being built. When all chunks are done, follow_merges does
-- the last step.
UPDATE campaigns_delivery SET audience = audience + %(members)s::bigint, skipped = skipped + %(skipped)s::bigint,
    chunks_done = chunks_done + 1, heartbeat_at = now(), error = '',
    capped_from = LEAST(capped_from, %(capped_from)s::date)
WHERE id = %(delivery)s::bigint AND state = 'building'
