-- name: next
-- The keys of a job begin with its own half, so a range of keys is the job.
SELECT member.key, customer.id
FROM campaigns_audiencemember member JOIN customers_customer customer ON customer.id = member.customer_id
WHERE member.key > %(after)s::uuid AND member.key <= %(last)s::uuid AND member.job_id = %(job)s::bigint
AND member.state = 'pending' AND member.capped_from < %(from)s::date ORDER BY member.key LIMIT %(limit)s::int

-- name: count
WITH wanted AS MATERIALIZED (
    SELECT key, customer_id FROM campaigns_audiencemember
    WHERE key = ANY(%(keys)s::uuid[]) AND job_id = %(job)s::bigint AND state = 'pending'
    AND capped_from < %(from)s::date
), counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
    SELECT %(organization)s::bigint, wanted.customer_id, %(campaign)s::bigint, 1, %(from)s::date, %(rule)s::smallint
    FROM wanted ORDER BY wanted.customer_id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped}
    WHERE ${has_room_cap_number_s_bigint}
    RETURNING customer_id, capped_from
), judged AS MATERIALIZED (
    SELECT member.key, counted.capped_from FROM wanted
    JOIN campaigns_audiencemember member ON member.key = wanted.key AND member.state = 'pending'
    LEFT JOIN counted ON counted.customer_id = wanted.customer_id
    ORDER BY member.key FOR NO KEY UPDATE OF member
), settled AS (
    UPDATE campaigns_audiencemember member SET capped_from = COALESCE(judged.capped_from, member.capped_from),
        state = CASE WHEN judged.capped_from IS NULL THEN 'skipped' ELSE member.state END,
        error = CASE WHEN judged.capped_from IS NULL THEN %(no_room)s::varchar ELSE member.error END,
        due_at = CASE WHEN judged.capped_from IS NOT NULL THEN member.due_at END
    FROM judged WHERE member.key = judged.key RETURNING member.state
)
UPDATE campaigns_audiencejob SET skipped = skipped + (SELECT count(*) FROM settled WHERE state = 'skipped'),
    heartbeat_at = now(), leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(job)s::bigint AND lease = %(lease)s::bigint AND state = 'delivering'
