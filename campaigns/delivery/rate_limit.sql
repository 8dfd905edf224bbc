-- name: take_tokens
-- Refills a destination's bucket by the time that has passed and takes up to the wanted tokens; how many. Locks the
-- bucket.
WITH filled AS (
    SELECT id, LEAST(tokens + GREATEST(extract(epoch FROM clock_timestamp() - filled_at), 0)::float * %(rate)s::float,
        GREATEST(%(rate)s::float * %(burst)s::float, 1)) AS tokens
    FROM campaigns_destinationrate
    WHERE organization_id = %(organization)s::bigint AND destination = %(destination)s::varchar FOR UPDATE
)
UPDATE campaigns_destinationrate bucket SET
    tokens = filled.tokens - LEAST(floor(filled.tokens), %(wanted)s::float), filled_at = clock_timestamp()
FROM filled WHERE bucket.id = filled.id RETURNING LEAST(floor(filled.tokens), %(wanted)s::float)::bigint
