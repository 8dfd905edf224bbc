-- name: create_customer
-- Inserts a customer unless the id is taken; its id, or no row. Never waits for, and never fails against, another
-- request that creates the same customer.
INSERT INTO customers_customer
    (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent)
VALUES (%s::bigint, %s::uuid, %s::varchar, %s::boolean, '{}'::jsonb, %s::boolean, %s::boolean, %s::boolean)
ON CONFLICT (organization_id, external_id) DO NOTHING
RETURNING id
