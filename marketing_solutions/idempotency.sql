-- name: claim_idempotency_key
-- The id of the stored answer, none where the key has one already. Locks its row: a second request with the key waits
-- until the first has committed or failed.
INSERT INTO marketing_solutions_storedresponse AS stored (application_id, key, fingerprint, status, body)
VALUES (%s, %s, %s, 0, ''::bytea)
ON CONFLICT (application_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, status = 0, body = excluded.body, created_at = now()
    WHERE stored.created_at < now() - interval '${kept_hours} hours'
RETURNING id
