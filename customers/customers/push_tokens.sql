-- name: keep
-- Whoever registers a token at the same moment is waited for, and the last one has it.
INSERT INTO customers_pushtoken (organization_id, application_id, customer_id, token, platform, updated_at)
VALUES (%s::bigint, %s::bigint, %s::bigint, %s::varchar, %s::varchar, %s::timestamptz)
ON CONFLICT (application_id, ${digest_expression_token}) DO UPDATE
SET customer_id = excluded.customer_id, platform = excluded.platform, updated_at = excluded.updated_at
