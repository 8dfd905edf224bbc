-- name: find_uncounted_recipients
-- The next pending recipients that count in a former period; locks nobody. The keys of a delivery begin with its own
-- half, so a range of keys is the delivery.
SELECT recipient.key, customer.id
FROM campaigns_recipient recipient JOIN customers_customer customer ON customer.id = recipient.customer_id
WHERE recipient.key > %(after)s::uuid AND recipient.key <= %(last)s::uuid AND recipient.delivery_id = %(delivery)s::bigint
AND recipient.state = 'pending' AND recipient.capped_from < %(from)s::date ORDER BY recipient.key LIMIT %(limit)s::int

-- name: add_recipients_to_period
-- Counts recipients in the present period and skips those for whom it has no room; extends the lease. Locks
-- participations by customer, recipients by key, then the delivery.
WITH wanted AS MATERIALIZED (
    SELECT key, customer_id FROM campaigns_recipient
    WHERE key = ANY(%(keys)s::uuid[]) AND delivery_id = %(delivery)s::bigint AND state = 'pending'
    AND capped_from < %(from)s::date
), counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
    SELECT %(organization)s::bigint, wanted.customer_id, %(campaign)s::bigint, 1, %(from)s::date, %(rule)s::smallint
    FROM wanted ORDER BY wanted.customer_id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped}
    WHERE ${has_room}
    RETURNING customer_id, capped_from
), judged AS MATERIALIZED (
    SELECT recipient.key, counted.capped_from FROM wanted
    JOIN campaigns_recipient recipient ON recipient.key = wanted.key AND recipient.state = 'pending'
    LEFT JOIN counted ON counted.customer_id = wanted.customer_id
    ORDER BY recipient.key FOR NO KEY UPDATE OF recipient
), settled AS (
    UPDATE campaigns_recipient recipient SET capped_from = COALESCE(judged.capped_from, recipient.capped_from),
        state = CASE WHEN judged.capped_from IS NULL THEN 'skipped' ELSE recipient.state END,
        error = CASE WHEN judged.capped_from IS NULL THEN %(no_room)s::varchar ELSE recipient.error END,
        due_at = CASE WHEN judged.capped_from IS NOT NULL THEN recipient.due_at END
    FROM judged WHERE recipient.key = judged.key RETURNING recipient.state
)
UPDATE campaigns_delivery SET skipped = skipped + (SELECT count(*) FROM settled WHERE state = 'skipped'),
    heartbeat_at = now(), leased_until = now() + make_interval(secs => %(seconds)s::int)
WHERE id = %(delivery)s::bigint AND lease_token = %(lease_token)s::bigint AND state = 'delivering'
