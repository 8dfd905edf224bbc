-- name: add_triggered_recipients
-- Adds recipients of triggered messages that are not there yet; locks their customers FOR KEY SHARE.
INSERT INTO campaigns_recipient (key, organization_id, creative_id, customer_id, state, due_at)
SELECT wanted.key, creative.organization_id, creative.id, customer.id, 'pending', %s::timestamptz
FROM jsonb_to_recordset(%s::jsonb) AS wanted (creative_id bigint, customer_id bigint, key uuid)
JOIN campaigns_adunit creative ON creative.id = wanted.creative_id AND creative.organization_id = %s::bigint
JOIN customers_customer customer
    ON customer.id = wanted.customer_id AND customer.organization_id = creative.organization_id
ORDER BY wanted.key FOR KEY SHARE OF customer ON CONFLICT (key) DO NOTHING
