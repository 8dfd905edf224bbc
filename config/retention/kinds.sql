-- name: delete_old_rows
-- Deletes the old ones of the next rows. Locks them FOR UPDATE; skips rows that are locked.
-- `{time}` follows the order of ids, except for rows that may be inserted late: of these a pass looks at all.
WITH batch AS MATERIALIZED (
    SELECT old.id, old.{time} AS at FROM {table} old WHERE old.id > %(after)s::bigint
    ORDER BY old.id LIMIT %(limit)s::bigint
), chosen AS MATERIALIZED (
    SELECT old.id {more} FROM {table} old JOIN batch ON batch.id = old.id {join}
    WHERE old.{time} < %(before)s::timestamptz AND {spare} FOR UPDATE OF {locked} SKIP LOCKED
), gone AS (
    DELETE FROM {table} WHERE id IN (SELECT id FROM chosen) RETURNING 1
){mark}
SELECT (SELECT max(id) FROM batch), (SELECT count(*) < %(limit)s::bigint {end} FROM batch), (SELECT count(*) FROM gone)

-- fragment: is_unneeded_event
-- Events with an id of the application's may be sent again; those with our own ids (`action:…`) never are.
(old.event_id IS NULL OR old.event_id !~ '^[0-9]') AND NOT EXISTS (
    SELECT FROM campaigns_achievement goal WHERE goal.organization_id = old.organization_id
    AND goal.internal_event_name = old.name AND goal.deleted_at IS NULL AND goal.composite_id IS NOT NULL
    AND old.at > now() - ${lookback})

-- fragment: mark_removed_interactions
-- Notes at participations that some of their interactions are gone, so that their counts are no longer compared.
, noted AS (
    UPDATE campaigns_participation participation SET interactions_removed_at = now()
    FROM chosen WHERE participation.id = chosen.participation_id
)

-- name: delete_old_chunks
-- Deletes the chunks of the next finished delivery that has any. Locks them; skips locked ones.
WITH delivery AS MATERIALIZED (${delivery}), gone AS (
    DELETE FROM campaigns_audiencechunk WHERE id IN (
        SELECT id FROM campaigns_audiencechunk WHERE delivery_id = (SELECT id FROM delivery)
        FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_delivery SET chunks_removed_at = now() WHERE id = (SELECT id FROM delivery)
)
SELECT (SELECT id FROM delivery), NOT EXISTS (SELECT FROM delivery), (SELECT count(*) FROM gone)

-- name: delete_old_recipients
-- Deletes recipients of the next finished delivery that has any. Locks them; skips locked ones.
WITH delivery AS MATERIALIZED (${delivery}), gone AS (
    DELETE FROM campaigns_recipient WHERE key IN (
        SELECT key FROM campaigns_recipient WHERE delivery_id = (SELECT id FROM delivery)
        AND state NOT IN ('ambiguous', 'leased') LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED) RETURNING 1
), noted AS (
    UPDATE campaigns_delivery SET recipients_removed_at = now()
    WHERE id = (SELECT id FROM delivery) AND recipients_removed_at IS NULL
)
SELECT (SELECT id FROM delivery) - ((SELECT count(*) FROM gone) = %(limit)s::bigint)::int,
    NOT EXISTS (SELECT FROM delivery), (SELECT count(*) FROM gone)

-- name: delete_old_triggered_recipients
-- Deletes settled recipients of triggered messages. Locks them; skips locked ones.
-- They have no delivery; `due_at` is when they were settled.
WITH batch AS MATERIALIZED (
    SELECT recipient.key, recipient.customer_id FROM campaigns_recipient recipient
    WHERE recipient.delivery_id IS NULL AND recipient.customer_id > %(after)s::bigint
    ORDER BY recipient.customer_id LIMIT %(limit)s::bigint
), gone AS (
    DELETE FROM campaigns_recipient WHERE key IN (
        SELECT recipient.key FROM campaigns_recipient recipient JOIN batch ON batch.key = recipient.key
        WHERE recipient.state IN ('sent', 'failed', 'skipped') AND recipient.due_at < %(before)s::timestamptz
        FOR UPDATE OF recipient SKIP LOCKED) RETURNING 1
)
SELECT (SELECT max(customer_id) FROM batch), (SELECT count(*) < %(limit)s::bigint FROM batch),
    (SELECT count(*) FROM gone)

-- fragment: next_finished_delivery
-- The next delivery that was over before a time and still has rows of some kind.
SELECT delivery.id FROM campaigns_delivery delivery WHERE delivery.id > %(after)s::bigint
AND delivery.state IN ('complete', 'cancelled', 'skipped') AND delivery.finished_at < %(before)s::timestamptz
AND ${has_rows}
ORDER BY delivery.id LIMIT 1
