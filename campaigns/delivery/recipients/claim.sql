-- name: take
-- Whose consent is gone since the audience was built is not written to. `{whose}` picks a job's or a creative's. What
-- was begun bears its destination's name until that is known not to have it: another one could not tell it by its key.
WITH next AS MATERIALIZED (
    SELECT member.key, member.customer_id, member.reference FROM campaigns_audiencemember member
    WHERE member.state = 'pending' AND member.due_at <= now() AND {whose}
    ORDER BY member.due_at LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED
), asked AS (
    SELECT next.key, next.reference IS NOT NULL AS is_uncertain, customer.id, customer.uuid, customer.external_id,
        customer.attributes, CASE WHEN next.reference <> %(destination)s::varchar THEN 'ambiguous'
            WHEN customer.consent AND {consent} THEN 'leased' ELSE 'skipped' END AS state
    FROM next LEFT JOIN customers_customer customer ON customer.id = next.customer_id
), taken AS (
    UPDATE campaigns_audiencemember member SET
        state = asked.state, error = CASE asked.state WHEN 'ambiguous' THEN %(elsewhere)s::varchar
            WHEN 'skipped' THEN %(withdrawn)s::varchar END,
        reference = CASE WHEN asked.state = 'leased' THEN NULLIF(%(destination)s::varchar, '')
            ELSE member.reference END,
        lease = %(lease)s::bigint, due_at = now() + make_interval(secs => %(seconds)s::double precision),
        attempts = member.attempts + 1,
        tried_since = CASE WHEN member.job_id IS NULL THEN COALESCE(member.tried_since, now()) END
    FROM asked WHERE member.key = asked.key
    RETURNING member.key, member.state, member.job_id, asked.id, asked.uuid, asked.external_id, asked.attributes::text,
        asked.is_uncertain
), settled AS (
    UPDATE campaigns_audiencejob job
    SET skipped = job.skipped + lost.skipped, ambiguous = job.ambiguous + lost.ambiguous
    FROM (
        SELECT job_id, count(*) FILTER (WHERE state = 'skipped') AS skipped,
            count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
        FROM taken WHERE state <> 'leased' GROUP BY job_id
    ) lost WHERE job.id = lost.job_id
)
SELECT taken.key, taken.id, taken.uuid, taken.external_id, taken.attributes, {tokens}, taken.state = 'leased',
    taken.is_uncertain
FROM taken ORDER BY taken.key

-- name: keep
-- Once in a third of a lease is often enough. Gives a row for as long as those whose turn has not come are wanted.
WITH kept AS (
    UPDATE campaigns_audiencemember SET due_at = now() + make_interval(secs => %(seconds)s::int)
    WHERE lease = %(lease)s::bigint AND state = 'leased'
    AND due_at < now() + make_interval(secs => %(seconds)s::int * 2 / 3)
)
SELECT 1 WHERE %(job)s::bigint IS NULL
OR EXISTS (SELECT FROM campaigns_audiencejob WHERE id = %(job)s::bigint AND state = 'delivering')
