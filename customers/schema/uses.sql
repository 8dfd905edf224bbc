-- name: take_away
-- Customers are locked in the order of their ids, as everywhere.
WITH bite AS (
    SELECT id FROM customers_customer WHERE organization_id = %(organization)s::bigint AND id > %(after)s::bigint
    ORDER BY id LIMIT ${bite}
), locked AS MATERIALIZED (
    SELECT customer.id FROM customers_customer customer WHERE customer.id IN (SELECT id FROM bite)
    AND customer.attributes ? %(name)s::text ORDER BY customer.id FOR NO KEY UPDATE
), changed AS (
    UPDATE customers_customer customer SET attributes = customer.attributes - %(name)s::text
    FROM locked WHERE customer.id = locked.id
)
SELECT (SELECT max(id) FROM bite), EXISTS (SELECT FROM locked)
