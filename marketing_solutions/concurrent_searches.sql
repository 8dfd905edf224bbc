-- name: take_search_turn
-- The turn's id, none where somebody has it. Locks its row.
INSERT INTO marketing_solutions_searchturn AS turn (organization_id, place, lease, ends_at)
VALUES (%s, %s, %s, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (organization_id, place) DO UPDATE SET lease = excluded.lease, ends_at = excluded.ends_at
    WHERE turn.ends_at <= clock_timestamp()
RETURNING id
