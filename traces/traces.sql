-- name: start_trace
-- Inserts a trace of a known customer; no row if there is no such active application or customer. One statement,
-- because clients do this at every start. Locks the customer FOR KEY SHARE, against a merge.
WITH application AS (
    SELECT id, organization_id FROM customers_application WHERE app_token = %s::uuid AND is_active
), customer AS (
    SELECT customer.id
    FROM customers_customer customer
    JOIN application ON application.organization_id = customer.organization_id
    WHERE customer.external_id = %s::varchar
    FOR KEY SHARE OF customer
)
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid, is_trusted)
SELECT application.organization_id, application.id, customer.id, %s::uuid, %s::boolean FROM application, customer
