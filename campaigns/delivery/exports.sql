-- name: take
UPDATE campaigns_audiencejob SET lease = %(lease)s::bigint, heartbeat_at = now(),
    leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(job)s::bigint AND state = 'delivering' AND (leased_until IS NULL OR leased_until < now())
RETURNING file_rows IS NOT NULL

-- name: skip
WITH lost AS (
    UPDATE campaigns_audiencemember member SET state = 'skipped', error = {error}
    WHERE member.job_id = {job} AND member.state = 'pending' AND {whom} RETURNING 1
)
UPDATE campaigns_audiencejob SET skipped = skipped + (SELECT count(*) FROM lost) WHERE id = {job}

-- name: sent
WITH next AS (
    SELECT key FROM campaigns_audiencemember WHERE job_id = %(job)s::bigint AND state = 'pending'
    LIMIT ${batch} FOR UPDATE SKIP LOCKED
), sent AS (
    UPDATE campaigns_audiencemember member SET state = 'sent', due_at = NULL, attempts = attempts + 1
    FROM next WHERE member.key = next.key RETURNING 1
)
UPDATE campaigns_audiencejob SET sent = sent + (SELECT count(*) FROM sent), heartbeat_at = now()
WHERE id = %(job)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering'
RETURNING (SELECT count(*) FROM sent)
