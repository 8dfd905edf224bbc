-- name: claim_finished_building
-- Leases a delivery all of whose chunks are done; locks it, and waits for nobody.
WITH next AS (
    SELECT id FROM campaigns_delivery WHERE state = 'building' AND chunks_done >= chunks
    AND (leased_until IS NULL OR leased_until < now())
    ORDER BY scheduled_for, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE campaigns_delivery delivery SET lease_token = %(lease_token)s::bigint, heartbeat_at = now(),
    leased_until = now() + make_interval(secs => %(seconds)s::int)
FROM next WHERE delivery.id = next.id RETURNING delivery.id

-- name: record_failure
-- Counts a failure of the last step: postpones it, or fails the delivery after too many; locks the delivery.
UPDATE campaigns_delivery SET failures = failures + 1, error = %(error)s::text, lease_token = NULL,
    state = CASE WHEN failures + 1 >= %(most)s::int THEN 'failed' ELSE state END,
    leased_until = now() + make_interval(secs => LEAST(2 ^ failures, %(longest)s::int))
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'building'

-- name: find_merges
-- Merges that the delivery's snapshot doesn't show, of customers within its chunks; locks nobody. What this transaction
-- itself did is in no snapshot. A transaction id of the future comes from the server that the row was restored from.
SELECT id, former_id, customer_id FROM customers_customeralias alias
WHERE organization_id = %(organization)s::bigint AND id > %(after)s::bigint
AND LEAST(former_id, customer_id) <= (
    SELECT max(last_id) FROM campaigns_audiencechunk WHERE delivery_id = %(delivery)s::bigint)
AND merged_in >= pg_snapshot_xmin(%(seen)s::pg_snapshot)::text::bigint
AND (merged_in = pg_current_xact_id_if_assigned()::text::bigint OR (
    merged_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND NOT pg_visible_in_snapshot(merged_in::text::xid8, %(seen)s::pg_snapshot)))
ORDER BY id LIMIT %(limit)s::int

-- name: remove_merged_recipients
-- Removes the recipients that are to be evaluated again; how many. What they counted is subtracted from the surviving
-- customer, if that count is still the one that it was added to. Locks recipients, then participations: the caller has
-- locked these before.
WITH gone AS (
    DELETE FROM campaigns_recipient
    WHERE delivery_id = %(delivery)s::bigint AND customer_id = ANY(%(customers)s::bigint[])
    RETURNING customer_id, capped_from
), uncounted AS (
    UPDATE campaigns_participation mine SET capped_count = GREATEST(mine.capped_count - several.number, 0)
    FROM (
        SELECT COALESCE(pair.customer_id, gone.customer_id) AS customer_id, gone.capped_from, count(*) AS number
        FROM gone LEFT JOIN unnest(%(former)s::bigint[], %(living)s::bigint[]) AS pair (former_id, customer_id)
            ON pair.former_id = gone.customer_id
        WHERE gone.capped_from IS NOT NULL GROUP BY 1, 2
    ) several
    WHERE mine.customer_id = several.customer_id AND mine.campaign_id = %(campaign)s::bigint
    AND mine.capped_from = several.capped_from AND mine.capped_rule = %(rule)s::smallint
)
SELECT count(*) FROM gone

-- name: add_to_recipient_count
-- Adds to (or takes from) the number of recipients; locks the delivery, if the lease is still ours.
UPDATE campaigns_delivery SET audience = audience + %(more)s::bigint, heartbeat_at = now(),
    capped_from = LEAST(capped_from, %(capped_from)s::date),
    skipped = skipped + CASE WHEN %(nothing)s::boolean THEN %(more)s::bigint ELSE 0 END
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'building'
