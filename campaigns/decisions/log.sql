-- name: insert_decision_record
-- A record of a customer who is still there, and is locked FOR KEY SHARE; no row otherwise.
INSERT INTO campaigns_decisionrecord (organization_id, customer_id, source, place, at, version, chosen, excluded)
SELECT %(organization)s::bigint, customer.id, %(source)s::varchar, %(place)s::jsonb, %(at)s::timestamptz,
    %(version)s::bigint, %(chosen)s::jsonb, %(excluded)s::jsonb
FROM (SELECT id FROM customers_customer WHERE id = %(customer)s::bigint FOR KEY SHARE) customer
