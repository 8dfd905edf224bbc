-- name: issue_impressions
-- Counts impressions and inserts their tracking tokens; the ids of the campaigns that still had room, and whether the
-- customer is gone. `counted` has a row for each of them: a full cap leaves its row alone and returns none. Locks the
-- customer FOR KEY SHARE, then participations by campaign id, then totals; spend limits were locked before this
-- statement began, so that its snapshot has every total.
WITH customer AS (
    SELECT id FROM customers_customer WHERE id = %(customer)s::bigint FOR KEY SHARE
), wanted AS (
    SELECT wanted.* FROM customer, jsonb_to_recordset(%(wanted)s::jsonb) AS wanted (
        campaign_id bigint, token uuid, cap bigint, capped_from date, capped_rule smallint, price numeric,
        amount numeric, renewal text)
), counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, seen_count, last_seen_at, capped_count, capped_from, capped_rule)
    SELECT %(organization)s::bigint, customer.id, wanted.campaign_id, 1, %(now)s::timestamptz,
        CASE WHEN wanted.capped_rule IS NULL THEN 0 ELSE 1 END, wanted.capped_from, wanted.capped_rule
    FROM wanted CROSS JOIN customer ${within_limit} ORDER BY wanted.campaign_id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET
        seen_count = mine.seen_count + 1,
        last_seen_at = GREATEST(mine.last_seen_at, excluded.last_seen_at),
        ${counting}
    WHERE ${has_room}
    RETURNING campaign_id
), offered AS (
    INSERT INTO campaigns_interaction (organization_id, customer_id, campaign_id, token, is_seen)
    SELECT %(organization)s::bigint, customer.id, campaign_id, token, true
    FROM counted JOIN wanted USING (campaign_id) CROSS JOIN customer
)${booking}
SELECT customer.id IS NULL, ARRAY(SELECT campaign_id FROM counted) FROM (SELECT 1) one LEFT JOIN customer ON true

-- fragment: within_spend_limit
-- Leaves out campaigns whose spend limit has no room for another impression.
LEFT JOIN campaigns_spendtotal total ON total.campaign_id = wanted.campaign_id
        AND total.period = wanted.renewal AND total.starts_on = (%(starts)s::jsonb ->> wanted.renewal)::date
    WHERE wanted.price IS NULL OR wanted.amount IS NULL OR COALESCE(total.amount, 0) + wanted.price <= wanted.amount

-- fragment: book_prices
-- Books the prices of the impressions that were counted.
, charged AS (
    SELECT wanted.* FROM counted JOIN wanted USING (campaign_id) WHERE wanted.price IS NOT NULL
), totals AS (
    ${add_charges}
), entries AS (
    INSERT INTO campaigns_spendentry (organization_id, campaign_id, amount, at, idempotency_key, is_correction, note)
    SELECT %(organization)s::bigint, campaign_id, price, %(now)s::timestamptz, 'impression:' || token, false, ''
    FROM charged
)

-- name: insert_tokens
-- Tracking tokens of campaigns that are only listed, and whether the customer is there, who is locked FOR KEY SHARE.
WITH customer AS (
    SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE
), offered AS (
    INSERT INTO campaigns_interaction (organization_id, customer_id, campaign_id, token, is_seen)
    SELECT %s::bigint, customer.id, campaign_id, token, false
    FROM customer, jsonb_to_recordset(%s::jsonb) AS wanted (campaign_id bigint, token uuid)
)
SELECT EXISTS (SELECT FROM customer)

-- fragment: charges
-- What `charged` adds to the totals of each period.
SELECT %(organization)s::bigint, charged.campaign_id, start.key, start.value::date, charged.price
FROM charged CROSS JOIN jsonb_each_text(%(starts)s::jsonb) start ORDER BY charged.campaign_id, start.key
