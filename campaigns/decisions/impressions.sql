-- name: offer
-- `counted` has a row for each campaign that stands: a full cap leaves its row alone and gives none back.
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
    FROM wanted CROSS JOIN customer {fitting} ORDER BY wanted.campaign_id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET
        seen_count = mine.seen_count + 1,
        last_seen_at = GREATEST(mine.last_seen_at, excluded.last_seen_at),
        {counting}
    WHERE {has_room}
    RETURNING campaign_id
), offered AS (
    INSERT INTO campaigns_interaction (organization_id, customer_id, campaign_id, token, is_seen)
    SELECT %(organization)s::bigint, customer.id, campaign_id, token, true
    FROM counted JOIN wanted USING (campaign_id) CROSS JOIN customer
){booking}
SELECT customer.id IS NULL, ARRAY(SELECT campaign_id FROM counted) FROM (SELECT 1) one LEFT JOIN customer ON true

-- fragment: offer_priced
, charged AS (
    SELECT wanted.* FROM counted JOIN wanted USING (campaign_id) WHERE wanted.price IS NOT NULL
), totals AS (
    INSERT INTO campaigns_spendtotal AS total (organization_id, campaign_id, period, starts_on, amount)
    SELECT %(organization)s::bigint, charged.campaign_id, start.key, start.value::date, charged.price
    FROM charged CROSS JOIN jsonb_each_text(%(starts)s::jsonb) start ORDER BY charged.campaign_id, start.key
    ON CONFLICT (campaign_id, period, starts_on) DO UPDATE SET amount = total.amount + excluded.amount
), entries AS (
    INSERT INTO campaigns_spendentry (organization_id, campaign_id, amount, at, idempotency_key, is_correction, note)
    SELECT %(organization)s::bigint, campaign_id, price, %(now)s::timestamptz, 'impression:' || token, false, ''
    FROM charged
)

-- name: tokens
WITH customer AS (
    SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE
), offered AS (
    INSERT INTO campaigns_interaction (organization_id, customer_id, campaign_id, token, is_seen)
    SELECT %s::bigint, customer.id, campaign_id, token, false
    FROM customer, jsonb_to_recordset(%s::jsonb) AS wanted (campaign_id bigint, token uuid)
)
SELECT EXISTS (SELECT FROM customer)
