-- name: settle_recipients
-- Writes what became of claimed recipients and counts it; locks recipients by key, then deliveries. A recipient whose
-- lease has expired meanwhile is settled too: the worker knows better.
WITH results AS (
    SELECT * FROM jsonb_to_recordset(%(results)s::jsonb) AS results (
        key uuid, state varchar, in_the_end varchar, at_last varchar, reference varchar, error varchar,
        pause double precision)
), found AS (
    SELECT results.*, recipient.delivery_id, recipient.state AS state_before,
        CASE WHEN recipient.tried_since < now() - make_interval(secs => %(patience)s::float) THEN results.at_last
            WHEN recipient.attempts >= %(most)s::int THEN results.in_the_end ELSE results.state END AS state_after,
        LEAST(%(longest)s::float, (1 + random()) * COALESCE(
            results.pause, LEAST(%(first)s::float * 2 ^ (recipient.attempts - 1), %(longest)s::float) / 2)) AS seconds
    FROM campaigns_recipient recipient JOIN results USING (key)
    WHERE recipient.lease_token = %(lease_token)s::bigint AND recipient.state IN ('leased', 'ambiguous')
    ORDER BY recipient.key FOR UPDATE OF recipient
), settled AS (
    UPDATE campaigns_recipient recipient SET state = found.state_after, reference = found.reference,
        error = found.error, lease_token = NULL,
        attempts = recipient.attempts - (found.state_after = 'pending' AND found.in_the_end = 'pending')::int,
        due_at = CASE WHEN found.state_after = 'pending' THEN now() + make_interval(secs => found.seconds)
            WHEN found.delivery_id IS NULL THEN now() END
    FROM found WHERE recipient.key = found.key
    RETURNING found.delivery_id, found.state_before, recipient.state, recipient.capped_from
)
UPDATE campaigns_delivery delivery SET sent = delivery.sent + several.sent, failed = delivery.failed + several.failed,
    skipped = delivery.skipped + several.skipped, ambiguous = delivery.ambiguous + several.ambiguous,
    heartbeat_at = now(),
    capped_from = LEAST(delivery.capped_from, several.capped_from)
FROM (
    SELECT delivery_id, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'ambiguous') - count(*) FILTER (WHERE state_before = 'ambiguous') AS ambiguous,
        min(capped_from) FILTER (WHERE state = 'pending') AS capped_from
    FROM settled GROUP BY delivery_id
) several WHERE delivery.id = several.delivery_id
