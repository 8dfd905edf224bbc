-- name: add_trail
-- Inserts a visit of an open trace and updates the customer's last visit, which audiences are targeted by. Locks the
-- customer FOR KEY SHARE, then its row if it changes; `customer_was_merged` while it waited for that lock.
WITH trace AS (
    SELECT id, organization_id, customer_id, closed_at FROM traces_trace WHERE uuid = %s::uuid
), customer AS (
    SELECT id FROM customers_customer WHERE id = (SELECT customer_id FROM trace WHERE closed_at IS NULL) FOR KEY SHARE
), made AS (
    INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
    SELECT trace.organization_id, trace.id, %s::uuid, %s::varchar, %s::varchar, %s::varchar FROM trace, customer
    RETURNING language, platform, channel
), visited AS (
    UPDATE customers_customer
    SET last_language = COALESCE(NULLIF(made.language, ''), last_language),
        last_platform = COALESCE(NULLIF(made.platform, ''), last_platform),
        last_channel = made.channel
    FROM customer, made
    WHERE customers_customer.id = customer.id
      AND (last_channel <> made.channel
           OR last_language <> COALESCE(NULLIF(made.language, ''), last_language)
           OR last_platform <> COALESCE(NULLIF(made.platform, ''), last_platform))
)
SELECT closed_at IS NOT NULL, NOT EXISTS (SELECT FROM customer) AS customer_was_merged FROM trace
