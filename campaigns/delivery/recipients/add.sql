-- name: add_triggered
INSERT INTO campaigns_audiencemember (key, organization_id, unit_id, customer_id, state, due_at)
SELECT wanted.key, unit.organization_id, unit.id, customer.id, 'pending', %s::timestamptz
FROM jsonb_to_recordset(%s::jsonb) AS wanted (unit_id bigint, customer_id bigint, key uuid)
JOIN campaigns_adunit unit ON unit.id = wanted.unit_id AND unit.organization_id = %s::bigint
JOIN customers_customer customer
    ON customer.id = wanted.customer_id AND customer.organization_id = unit.organization_id
ORDER BY wanted.key FOR KEY SHARE OF customer ON CONFLICT (key) DO NOTHING
