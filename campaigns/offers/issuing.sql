-- name: lock_customers
-- Locks customers by id FOR NO KEY UPDATE: what was issued to them stays as it is.
SELECT id FROM customers_customer WHERE organization_id = %s::bigint AND id = ANY(%s::bigint[])
ORDER BY id FOR NO KEY UPDATE

-- name: lock_offers
-- Locks offers by id FOR NO KEY UPDATE: their counts stay as they are.
SELECT id FROM campaigns_offer WHERE organization_id = %s::bigint AND id = ANY(%s::bigint[])
ORDER BY id FOR NO KEY UPDATE

-- name: issue_offers
-- One statement with a snapshot taken after the locks. Of a customer's issued offers only as many are looked at as the
-- offer's limit allows.
WITH asked AS (
    SELECT asked.*, customer.points AS balance, offer.organization_id, offer.points, offer.total_limit,
        offer.limit_per_customer, offer.ends_at,
        offer.issued_count
    FROM jsonb_to_recordset(%(grants)s::jsonb) AS asked (
        place integer, offer_id bigint, customer_id bigint, key varchar, at timestamptz)
    JOIN campaigns_offer offer ON offer.id = asked.offer_id AND offer.organization_id = %(organization)s::bigint
    JOIN customers_customer customer
        ON customer.id = asked.customer_id AND customer.organization_id = offer.organization_id
    WHERE (offer.starts_at IS NULL OR offer.starts_at <= asked.at)
    AND (offer.ends_at IS NULL OR asked.at < offer.ends_at)
    AND NOT EXISTS (SELECT FROM campaigns_issuedoffer issued WHERE issued.key = asked.key)
), of_customers AS (
    SELECT asked.*, row_number() OVER (PARTITION BY offer_id, customer_id ORDER BY place) + CASE
        WHEN limit_per_customer IS NULL THEN 0
        ELSE (SELECT count(*) FROM (
            SELECT FROM campaigns_issuedoffer issued
            WHERE issued.customer_id = asked.customer_id AND issued.offer_id = asked.offer_id
            LIMIT asked.limit_per_customer) before) END AS nth_of_customer
    FROM asked
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY offer_id ORDER BY place) AS nth
    FROM of_customers WHERE limit_per_customer IS NULL OR nth_of_customer <= limit_per_customer
), issued AS (
    INSERT INTO campaigns_issuedoffer (organization_id, customer_id, offer_id, key, issued_at, expires_at)
    SELECT organization_id, customer_id, offer_id, key, at, ends_at
    FROM numbered WHERE total_limit IS NULL OR issued_count + nth <= total_limit ORDER BY place
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key, offer_id, customer_id
), counted AS (
    UPDATE campaigns_offer offer SET issued_count = issued_count + several.number
    FROM (SELECT offer_id, count(*) AS number FROM issued GROUP BY offer_id) several WHERE offer.id = several.offer_id
), worth AS (
    SELECT issued.id, issued.customer_id, asked.points, asked.at, asked.organization_id, ${maximum_balance} -
        asked.balance - sum(asked.points) OVER (PARTITION BY issued.customer_id ORDER BY place) + asked.points AS room
    FROM issued JOIN asked USING (key) WHERE asked.points <> 0
), given AS (
    SELECT id, customer_id, least(points, room)::bigint AS points, at, organization_id FROM worth WHERE room > 0
), booked AS (
    INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, note)
    SELECT organization_id, customer_id, points, at, 'issued-offer:' || id, 'offer issued' FROM given
), summed AS (
    UPDATE customers_customer customer SET points = customer.points + several.points, updated_at = now()
    FROM (SELECT customer_id, sum(points)::bigint AS points FROM given GROUP BY customer_id) several
    WHERE customer.id = several.customer_id
)
SELECT key FROM issued
