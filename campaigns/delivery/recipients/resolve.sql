-- name: resolve
-- What has failed may be sent again too: it certainly never arrived.
WITH chosen AS (
    SELECT key, job_id, state AS state_before FROM campaigns_audiencemember
    WHERE key = ANY(%(keys)s::uuid[]) AND organization_id = %(organization)s::bigint
    AND (state = 'ambiguous' OR (state = 'failed' AND %(state)s::varchar = 'pending')) ORDER BY key FOR UPDATE
), resolved AS (
    UPDATE campaigns_audiencemember member SET state = %(state)s::varchar, lease = NULL,
        due_at = CASE WHEN %(state)s::varchar = 'pending' OR member.job_id IS NULL THEN now() END,
        reference = CASE WHEN %(state)s::varchar <> 'pending' THEN member.reference END, tried_since = NULL,
        attempts = CASE WHEN %(state)s::varchar = 'pending' THEN 0 ELSE attempts END
    FROM chosen WHERE member.key = chosen.key RETURNING chosen.job_id, chosen.state_before, member.capped_from
), jobs AS MATERIALIZED (
    SELECT id FROM campaigns_audiencejob WHERE id IN (SELECT job_id FROM resolved) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE campaigns_audiencejob job SET ambiguous = job.ambiguous - several.ambiguous,
        sent = job.sent + CASE WHEN %(state)s::varchar = 'sent' THEN several.ambiguous ELSE 0 END,
        failed = job.failed - several.failed
            + CASE WHEN %(state)s::varchar = 'failed' THEN several.ambiguous ELSE 0 END,
        finished_at = CASE WHEN %(state)s::varchar = 'pending' AND job.state = 'complete' THEN NULL
            ELSE job.finished_at END,
        state = CASE WHEN %(state)s::varchar = 'pending' AND job.state = 'complete' THEN 'delivering'
            ELSE job.state END,
        capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(job.capped_from, several.capped_from)
            ELSE job.capped_from END
    FROM jobs JOIN (
        SELECT job_id, count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
            count(*) FILTER (WHERE state_before = 'failed') AS failed, min(capped_from) AS capped_from
        FROM resolved GROUP BY job_id
    ) several ON several.job_id = jobs.id WHERE job.id = jobs.id
)
SELECT count(*) FROM resolved
