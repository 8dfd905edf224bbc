-- name: merge
-- Of two rows of one delivery the one that is further stays, and the job counts one recipient less.
WITH doubled AS (
    SELECT CASE WHEN array_position(%(ranks)s::text[], theirs.state::text) >
        array_position(%(ranks)s::text[], ours.state::text) THEN ours.key ELSE theirs.key END AS lost_key
    FROM campaigns_audiencemember theirs JOIN campaigns_audiencemember ours ON ours.job_id = theirs.job_id
    WHERE theirs.customer_id = %(from)s::bigint AND ours.customer_id = %(to)s::bigint
    AND ${is_built_member_ours}
), lost AS (
    DELETE FROM campaigns_audiencemember member USING doubled WHERE member.key = doubled.lost_key
    RETURNING member.job_id, member.state
), locked AS MATERIALIZED (
    SELECT job.id FROM campaigns_audiencejob job WHERE job.id IN (SELECT job_id FROM lost)
    ORDER BY job.id FOR NO KEY UPDATE
)
UPDATE campaigns_audiencejob job SET audience = audience - 1,
    sent = sent - (lost.state = 'sent')::int, failed = failed - (lost.state = 'failed')::int,
    skipped = skipped - (lost.state = 'skipped')::int, ambiguous = ambiguous - (lost.state = 'ambiguous')::int
FROM locked JOIN lost ON lost.job_id = locked.id WHERE job.id = locked.id

-- name: delete
-- Recipients, then deliveries, each in the order of their keys.
WITH locked AS MATERIALIZED (
    SELECT key FROM campaigns_audiencemember WHERE customer_id = ANY(%s::bigint[]) ORDER BY key FOR UPDATE
), lost AS (
    DELETE FROM campaigns_audiencemember member USING locked WHERE member.key = locked.key
    RETURNING member.job_id, member.state
), several AS MATERIALIZED (
    SELECT job_id, count(*) AS audience, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
    FROM lost WHERE job_id IS NOT NULL GROUP BY job_id
), jobs AS MATERIALIZED (
    SELECT id FROM campaigns_audiencejob WHERE id IN (SELECT job_id FROM several) ORDER BY id FOR UPDATE
)
UPDATE campaigns_audiencejob job SET audience = job.audience - several.audience, sent = job.sent - several.sent,
    failed = job.failed - several.failed, skipped = job.skipped - several.skipped,
    ambiguous = job.ambiguous - several.ambiguous
FROM several JOIN jobs ON jobs.id = several.job_id WHERE job.id = several.job_id
