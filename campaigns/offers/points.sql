-- name: insert_opening_balances
-- Inserts an entry for the points of each customer who has points and no entry yet; locks nothing.
INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, note)
SELECT customer.organization_id, customer.id, customer.points, now(), 'opening:' || customer.id, 'opening balance'
FROM customers_customer customer
WHERE customer.organization_id = %s::bigint AND customer.points <> 0
    AND NOT EXISTS (SELECT FROM campaigns_pointsentry entry WHERE entry.customer_id = customer.id)
ORDER BY customer.id
