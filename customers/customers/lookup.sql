-- name: find_customer_ids
-- The ids of customers by uuid and by external id. Former ids come first, so that the current owner of an id wins.
-- Locks nothing.
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
