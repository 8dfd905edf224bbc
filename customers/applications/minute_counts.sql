-- name: count_in_database
INSERT INTO customers_minutecount AS count (key, minute, number)
VALUES (%(key)s::text, %(minute)s::bigint, %(seen)s::bigint + %(by)s::bigint)
ON CONFLICT (key) DO UPDATE SET
    number = CASE count.minute
        WHEN excluded.minute THEN GREATEST(count.number + %(by)s::bigint, excluded.number)
        WHEN excluded.minute + 1 THEN count.number + %(by)s::bigint
        ELSE excluded.number END,
    minute = CASE count.minute WHEN excluded.minute + 1 THEN count.minute ELSE excluded.minute END
RETURNING number

-- name: clear
-- Nobody is waited for: what is being counted has another minute by then.
DELETE FROM customers_minutecount WHERE key IN (
    SELECT key FROM customers_minutecount WHERE minute NOT BETWEEN %(minute)s::bigint - 1 AND %(minute)s::bigint + 1
    LIMIT 10000 FOR UPDATE SKIP LOCKED
)
