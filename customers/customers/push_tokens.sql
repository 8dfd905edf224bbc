-- name: register_push_token
-- Inserts a token or moves it to this customer. Locks the token's row: of two registrations the last one wins.
INSERT INTO customers_pushtoken (organization_id, application_id, customer_id, token, platform, updated_at)
VALUES (%s::bigint, %s::bigint, %s::bigint, %s::varchar, %s::varchar, %s::timestamptz)
ON CONFLICT (application_id, ${token_digest}) DO UPDATE
SET customer_id = excluded.customer_id, platform = excluded.platform, updated_at = excluded.updated_at
