-- name: expire
WITH lost AS (
    SELECT key FROM campaigns_audiencemember
    WHERE state = 'leased' AND due_at < now() AND job_id IS NOT DISTINCT FROM %(job)s::bigint
    AND unit_id = %(unit)s::bigint ORDER BY key LIMIT 10000 FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE campaigns_audiencemember member SET state = %(state)s::varchar,
        due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() END, error = %(error)s::varchar
    FROM lost WHERE member.key = lost.key RETURNING member.job_id, member.capped_from
)
UPDATE campaigns_audiencejob job SET
    ambiguous = job.ambiguous + CASE WHEN %(state)s::varchar = 'ambiguous' THEN several.number ELSE 0 END,
    capped_from = CASE WHEN %(state)s::varchar = 'pending' THEN LEAST(job.capped_from, several.capped_from)
        ELSE job.capped_from END
FROM (SELECT job_id, count(*) AS number, min(capped_from) AS capped_from FROM marked GROUP BY job_id) several
WHERE job.id = several.job_id
