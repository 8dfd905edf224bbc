-- name: by_id
-- `{time}` is roughly in the order of ids, except where rows tell of the past: then a pass looks at all rows.
WITH bite AS MATERIALIZED (
    SELECT old.id, old.{time} AS at FROM {table} old WHERE old.id > %(after)s::bigint
    ORDER BY old.id LIMIT %(limit)s::bigint
), chosen AS MATERIALIZED (
    SELECT old.id {more} FROM {table} old JOIN bite ON bite.id = old.id {join}
    WHERE old.{time} < %(before)s::timestamptz AND {spare} FOR UPDATE OF {locked} SKIP LOCKED
), gone AS (
    DELETE FROM {table} WHERE id IN (SELECT id FROM chosen) RETURNING 1
){mark}
SELECT (SELECT max(id) FROM bite), (SELECT count(*) < %(limit)s::bigint {end} FROM bite), (SELECT count(*) FROM gone)

-- fragment: unneeded_event
-- What an application gave an id may be told again; our own ids (`action:…`, `business-event:…`) never are.
(old.event_id IS NULL OR old.event_id !~ '^[0-9]') AND NOT EXISTS (
    SELECT FROM campaigns_achievement goal WHERE goal.organization_id = old.organization_id
    AND goal.internal_event_name = old.name AND goal.deleted_at IS NULL AND goal.composite_id IS NOT NULL
    AND old.at > now() - ${asked_for})

-- fragment: note_interactions
, noted AS (
    UPDATE campaigns_participation participation SET interactions_removed_at = now()
    FROM chosen WHERE participation.id = chosen.participation_id
)

-- name: chunks
WITH job AS MATERIALIZED (${jobs_has_job_chunks_0_and_job_chunks_rem}), gone AS (
    DELETE FROM campaigns_audiencechunk WHERE id IN (
        SELECT id FROM campaigns_audiencechunk WHERE job_id = (SELECT id FROM job) FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_audiencejob SET chunks_removed_at = now() WHERE id = (SELECT id FROM job)
)
SELECT (SELECT id FROM job), NOT EXISTS (SELECT FROM job), (SELECT count(*) FROM gone)

-- name: recipients
WITH job AS MATERIALIZED (${jobs_has_has_recipients}), gone AS (
    DELETE FROM campaigns_audiencemember WHERE key IN (
        SELECT key FROM campaigns_audiencemember WHERE job_id = (SELECT id FROM job)
        AND state NOT IN ('ambiguous', 'leased') LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_audiencejob SET recipients_removed_at = now()
    WHERE id = (SELECT id FROM job) AND recipients_removed_at IS NULL
)
SELECT (SELECT id FROM job) - ((SELECT count(*) FROM gone) = %(limit)s::bigint)::int, NOT EXISTS (SELECT FROM job),
    (SELECT count(*) FROM gone)

-- name: triggered
-- Those of triggered messages have no delivery; `due_at` says when they were settled.
WITH bite AS MATERIALIZED (
    SELECT member.key, member.customer_id FROM campaigns_audiencemember member
    WHERE member.job_id IS NULL AND member.customer_id > %(after)s::bigint
    ORDER BY member.customer_id LIMIT %(limit)s::bigint
), gone AS (
    DELETE FROM campaigns_audiencemember WHERE key IN (
        SELECT member.key FROM campaigns_audiencemember member JOIN bite ON bite.key = member.key
        WHERE member.state IN ('sent', 'failed', 'skipped') AND member.due_at < %(before)s::timestamptz
        FOR UPDATE OF member SKIP LOCKED) RETURNING 1
)
SELECT (SELECT max(customer_id) FROM bite), (SELECT count(*) < %(limit)s::bigint FROM bite), (SELECT count(*) FROM gone)
