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
WITH delivery AS MATERIALIZED (${deliveries_has_delivery_chunks_0_and_delivery_chunks_rem}), gone AS (
    DELETE FROM campaigns_audiencechunk WHERE id IN (
        SELECT id FROM campaigns_audiencechunk WHERE delivery_id = (SELECT id FROM delivery) FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_delivery SET chunks_removed_at = now() WHERE id = (SELECT id FROM delivery)
)
SELECT (SELECT id FROM delivery), NOT EXISTS (SELECT FROM delivery), (SELECT count(*) FROM gone)

-- name: recipients
WITH delivery AS MATERIALIZED (${deliveries_has_has_recipients}), gone AS (
    DELETE FROM campaigns_recipient WHERE key IN (
        SELECT key FROM campaigns_recipient WHERE delivery_id = (SELECT id FROM delivery)
        AND state NOT IN ('ambiguous', 'leased') LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_delivery SET recipients_removed_at = now()
    WHERE id = (SELECT id FROM delivery) AND recipients_removed_at IS NULL
)
SELECT (SELECT id FROM delivery) - ((SELECT count(*) FROM gone) = %(limit)s::bigint)::int, NOT EXISTS (SELECT FROM delivery),
    (SELECT count(*) FROM gone)

-- name: triggered
-- Those of triggered messages have no delivery; `due_at` says when they were settled.
WITH bite AS MATERIALIZED (
    SELECT recipient.key, recipient.customer_id FROM campaigns_recipient recipient
    WHERE recipient.delivery_id IS NULL AND recipient.customer_id > %(after)s::bigint
    ORDER BY recipient.customer_id LIMIT %(limit)s::bigint
), gone AS (
    DELETE FROM campaigns_recipient WHERE key IN (
        SELECT recipient.key FROM campaigns_recipient recipient JOIN bite ON bite.key = recipient.key
        WHERE recipient.state IN ('sent', 'failed', 'skipped') AND recipient.due_at < %(before)s::timestamptz
        FOR UPDATE OF recipient SKIP LOCKED) RETURNING 1
)
SELECT (SELECT max(customer_id) FROM bite), (SELECT count(*) < %(limit)s::bigint FROM bite), (SELECT count(*) FROM gone)
