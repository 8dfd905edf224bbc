-- name: settle
-- Also what was taken for ambiguous meanwhile is settled by the worker who knows better.
WITH results AS (
    SELECT * FROM jsonb_to_recordset(%(results)s::jsonb) AS results (
        key uuid, state varchar, in_the_end varchar, at_last varchar, reference varchar, error varchar,
        pause double precision)
), found AS (
    SELECT results.*, member.job_id, member.state AS state_before,
        CASE WHEN member.tried_since < now() - make_interval(secs => %(patience)s::float) THEN results.at_last
            WHEN member.attempts >= %(most)s::int THEN results.in_the_end ELSE results.state END AS state_after,
        LEAST(%(longest)s::float, (1 + random()) * COALESCE(
            results.pause, LEAST(%(first)s::float * 2 ^ (member.attempts - 1), %(longest)s::float) / 2)) AS seconds
    FROM campaigns_audiencemember member JOIN results USING (key)
    WHERE member.lease = %(lease)s::bigint AND member.state IN ('leased', 'ambiguous')
    ORDER BY member.key FOR UPDATE OF member
), settled AS (
    UPDATE campaigns_audiencemember member SET state = found.state_after, reference = found.reference,
        error = found.error, lease = NULL,
        attempts = member.attempts - (found.state_after = 'pending' AND found.in_the_end = 'pending')::int,
        due_at = CASE WHEN found.state_after = 'pending' THEN now() + make_interval(secs => found.seconds)
            WHEN found.job_id IS NULL THEN now() END
    FROM found WHERE member.key = found.key
    RETURNING found.job_id, found.state_before, member.state, member.capped_from
)
UPDATE campaigns_audiencejob job SET sent = job.sent + several.sent, failed = job.failed + several.failed,
    skipped = job.skipped + several.skipped, ambiguous = job.ambiguous + several.ambiguous, heartbeat_at = now(),
    capped_from = LEAST(job.capped_from, several.capped_from)
FROM (
    SELECT job_id, count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'ambiguous') - count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
        min(capped_from) FILTER (WHERE state = 'pending') AS capped_from
    FROM settled GROUP BY job_id
) several WHERE job.id = several.job_id
