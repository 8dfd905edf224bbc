-- name: increment_minute_count
-- Adds to the count of a key in a minute and returns it; never less than this process has seen. Locks the key's row.
-- The minute before or after the row's may be that of another machine's clock; any other minute replaces it.
INSERT INTO customers_minutecount AS count (key, minute, number)
VALUES (%(key)s::text, %(minute)s::bigint, %(seen)s::bigint + %(by)s::bigint)
ON CONFLICT (key) DO UPDATE SET
    number = CASE count.minute
        WHEN excluded.minute THEN GREATEST(count.number + %(by)s::bigint, excluded.number)
        WHEN excluded.minute + 1 THEN count.number + %(by)s::bigint
        ELSE excluded.number END,
    minute = CASE count.minute WHEN excluded.minute + 1 THEN count.minute ELSE excluded.minute END
RETURNING number

-- name: delete_past_minute_counts
-- Deletes counts of past minutes. Skips locked rows: they are being counted in a new minute.
DELETE FROM customers_minutecount WHERE key IN (
    SELECT key FROM customers_minutecount WHERE minute NOT BETWEEN %(minute)s::bigint - 1 AND %(minute)s::bigint + 1
    LIMIT 10000 FOR UPDATE SKIP LOCKED
)
