-- name: record_heartbeat
-- Records that a process is alive, and forgets old ones. Locks the process's row.
WITH forgotten AS (
    DELETE FROM config_heartbeat WHERE heard_at < now() - make_interval(secs => %(forgotten)s::int)
)
INSERT INTO config_heartbeat (kind, name, heard_at) VALUES (%(kind)s::varchar, %(name)s::varchar, now())
ON CONFLICT (kind, name) DO UPDATE SET heard_at = excluded.heard_at

-- name: find_silent_kinds
-- The kinds of process (worker, beat) of which none has been heard for so many seconds. Locks nothing.
SELECT kind FROM unnest(ARRAY['worker', 'beat']) kind WHERE NOT EXISTS (
    SELECT FROM config_heartbeat heard
    WHERE heard.kind = kind.kind AND heard.heard_at > now() - make_interval(secs => %s::int))
ORDER BY kind DESC
