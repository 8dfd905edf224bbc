-- name: clear_field_values
-- Removes a field's values from the next customers; the last customer looked at, and whether any had a value. Locks
-- those customers FOR NO KEY UPDATE, by id.
WITH batch AS (
    SELECT id FROM customers_customer WHERE organization_id = %(organization)s::bigint AND id > %(after)s::bigint
    ORDER BY id LIMIT %(batch_size)s::bigint
), locked AS MATERIALIZED (
    SELECT customer.id FROM customers_customer customer WHERE customer.id IN (SELECT id FROM batch)
    AND customer.attributes ? %(name)s::text ORDER BY customer.id FOR NO KEY UPDATE
), changed AS (
    UPDATE customers_customer customer SET attributes = customer.attributes - %(name)s::text
    FROM locked WHERE customer.id = locked.id
)
SELECT (SELECT max(id) FROM batch), EXISTS (SELECT FROM locked)
