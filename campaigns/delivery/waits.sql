-- name: recipients
WITH waiting AS (
    SELECT member.key FROM campaigns_audiencemember member
    WHERE member.state = 'pending' AND member.due_at > now() AND {whose}
    ORDER BY member.due_at DESC LIMIT ${most_at_once} FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE campaigns_audiencemember member SET due_at = now() FROM waiting WHERE member.key = waiting.key

-- name: deliveries
-- One that a worker exports at this moment waits for nothing.
WITH locked AS MATERIALIZED (
    SELECT id FROM campaigns_audiencejob WHERE id = ANY(%s::bigint[]) AND lease IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE campaigns_audiencejob job SET leased_until = NULL, failures = 0, error = '' FROM locked WHERE job.id = locked.id
