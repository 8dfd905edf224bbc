-- name: plan
WITH numbered AS (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s::bigint AS number
    FROM customers_customer WHERE organization_id = %s::bigint
), ranges AS (
    SELECT number, min(id) AS first_id, max(id) AS last_id FROM numbered GROUP BY number
)
INSERT INTO campaigns_audiencechunk (organization_id, job_id, number, first_id, last_id)
SELECT %s::bigint, %s::bigint, number, first_id, COALESCE(lead(first_id) OVER (ORDER BY number) - 1, last_id)
FROM ranges

-- name: take
WITH next AS (
    SELECT chunk.id FROM campaigns_audiencechunk chunk JOIN campaigns_audiencejob job ON job.id = chunk.job_id
    WHERE job.state = 'building' AND chunk.done_at IS NULL
    AND (chunk.leased_until IS NULL OR chunk.leased_until < now())
    AND (%(chunk)s::bigint IS NULL OR chunk.id = %(chunk)s::bigint)
    ORDER BY job.scheduled_for, job.id, chunk.number LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED
)
UPDATE campaigns_audiencechunk chunk
SET lease = %(lease)s::bigint, leased_until = now() + make_interval(secs => %(seconds)s::int), attempts = attempts + 1
FROM next WHERE chunk.id = next.id RETURNING chunk.id

-- name: keep
WITH kept AS (
    UPDATE campaigns_audiencechunk chunk SET leased_until = now() + make_interval(secs => %(seconds)s::int)
    FROM campaigns_audiencejob job
    WHERE chunk.id = %(chunk)s::bigint AND chunk.lease = %(lease)s::bigint AND chunk.done_at IS NULL
    AND job.id = chunk.job_id AND job.state = 'building' RETURNING chunk.job_id
)
UPDATE campaigns_audiencejob job SET heartbeat_at = now() FROM kept WHERE job.id = kept.job_id RETURNING job.id

-- name: add
-- Where all chunks are done the last step is to be taken, of those who were merged meanwhile (audience_merges).
UPDATE campaigns_audiencejob SET audience = audience + %(members)s::bigint, skipped = skipped + %(skipped)s::bigint,
    chunks_done = chunks_done + 1, heartbeat_at = now(), error = '',
    capped_from = LEAST(capped_from, %(capped_from)s::date)
WHERE id = %(job)s::bigint AND state = 'building'
