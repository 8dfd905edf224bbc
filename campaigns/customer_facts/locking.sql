-- name: lock_customers
-- What targeting may ask of customers, and locks them by their ids FOR NO KEY UPDATE.
SELECT id, uuid, external_id, attributes::text, tags, points, last_platform, last_language, last_channel,
    consent, email_consent, push_consent
FROM customers_customer WHERE organization_id = %(organization)s::bigint AND ${which}
ORDER BY id FOR NO KEY UPDATE
