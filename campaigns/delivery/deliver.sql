-- name: next
-- Whose turn it is: the delivery that was looked after longest ago. (Its first recipient is asked for in the order of an
-- index: to look for any one, the planner reads the table in the hope of an early one.)
WITH next AS (
    SELECT job.id FROM campaigns_audiencejob job JOIN campaigns_adunit unit ON unit.id = job.unit_id
    WHERE job.state = 'delivering' AND (job.leased_until IS NULL OR job.leased_until < now()) AND (
        unit.ad_type = ANY(%s::varchar[])
        OR (SELECT member.due_at FROM campaigns_audiencemember member
            WHERE member.job_id = job.id AND member.state = 'pending' ORDER BY member.due_at LIMIT 1) <= now())
    ORDER BY job.heartbeat_at NULLS FIRST, job.id LIMIT 1
)
UPDATE campaigns_audiencejob job SET heartbeat_at = clock_timestamp() FROM next WHERE job.id = next.id RETURNING job.id

-- name: note_failure
UPDATE campaigns_audiencejob SET failures = failures + 1, error = %(error)s::text,
    state = CASE WHEN %(lasting)s::boolean OR failures + 1 >= %(most)s::int THEN 'failed' ELSE state END,
    leased_until = now() + make_interval(secs => GREATEST(LEAST(2 ^ failures, %(longest)s::int), %(asked)s::float))
WHERE id = %(job)s::bigint AND state = 'delivering'

-- name: note_success
-- Some went out. Who of the others is to be tried again later says why the delivery isn't over; the last in an index.
WITH waits AS (
    SELECT CASE WHEN state <> 'delivering' THEN error ELSE COALESCE(%(some)s::text || (
        SELECT member.error FROM campaigns_audiencemember member
        WHERE member.job_id = %(job)s::bigint AND member.state = 'pending' AND member.due_at > now()
        ORDER BY member.due_at DESC LIMIT 1
    ), '') END AS told FROM campaigns_audiencejob WHERE id = %(job)s::bigint
)
UPDATE campaigns_audiencejob job SET failures = 0, error = waits.told, destination = %(destination)s::varchar
FROM waits WHERE job.id = %(job)s::bigint
AND (job.failures > 0 OR job.destination <> %(destination)s::varchar OR job.error <> waits.told)
