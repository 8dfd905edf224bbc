-- name: find_delivery_owing_caps
-- A delivery that was given up and still counts towards caps; locks nobody.
SELECT delivery.id FROM campaigns_delivery delivery WHERE ${owes_caps} ORDER BY delivery.id LIMIT 1

-- name: return_caps
-- Skips pending recipients of a delivery that was given up, and subtracts what they counted; how many it looked at.
-- Locks customers, participations by customer, recipients by key, then the delivery.
WITH pending AS MATERIALIZED (
    SELECT customer_id, capped_from FROM campaigns_recipient
    WHERE delivery_id = %(delivery)s::bigint AND state = 'pending' ORDER BY customer_id LIMIT %(limit)s::bigint
), locked AS MATERIALIZED (
    SELECT id FROM customers_customer WHERE id IN (SELECT customer_id FROM pending) ORDER BY id FOR KEY SHARE
), counted AS MATERIALIZED (
    SELECT mine.id, mine.customer_id FROM campaigns_participation mine JOIN pending USING (customer_id)
    JOIN locked ON locked.id = mine.customer_id
    WHERE mine.campaign_id = %(campaign)s::bigint AND mine.capped_rule = %(rule)s::smallint
    AND mine.capped_from = pending.capped_from ORDER BY mine.customer_id FOR UPDATE OF mine
), recipients AS MATERIALIZED (
    SELECT recipient.key FROM campaigns_recipient recipient
    WHERE recipient.delivery_id = %(delivery)s::bigint AND recipient.state = 'pending'
    AND recipient.customer_id IN (SELECT customer_id FROM pending)
    AND (SELECT count(*) FROM counted) >= 0 ORDER BY recipient.key FOR NO KEY UPDATE
), settled AS (
    UPDATE campaigns_recipient recipient SET state = 'skipped', due_at = NULL, error = %(error)s::varchar
    FROM recipients WHERE recipient.key = recipients.key RETURNING recipient.customer_id
), returned AS (
    UPDATE campaigns_participation mine SET capped_count = GREATEST(mine.capped_count - 1, 0)
    FROM counted JOIN settled USING (customer_id) WHERE mine.id = counted.id
)
UPDATE campaigns_delivery SET skipped = skipped + (SELECT count(*) FROM settled)
WHERE id = %(delivery)s::bigint RETURNING (SELECT count(*) FROM pending)
