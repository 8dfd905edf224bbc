-- name: many
-- Former ids first: who has an id now comes after them, and wins.
SELECT customer_id, uuid, NULL FROM customers_customeralias
WHERE organization_id = %(organization)s::bigint AND uuid = ANY(%(identities)s::uuid[])
UNION ALL
SELECT id, uuid, NULL FROM customers_customer
WHERE organization_id = %(organization)s::bigint AND uuid = ANY(%(identities)s::uuid[])
UNION ALL
SELECT customer_id, NULL, external_id FROM customers_customeralias
WHERE organization_id = %(organization)s::bigint AND external_id = ANY(%(external_ids)s::varchar[])
UNION ALL
SELECT id, NULL, external_id FROM customers_customer
WHERE organization_id = %(organization)s::bigint AND external_id = ANY(%(external_ids)s::varchar[])
