-- name: delete_older_entries
-- Of two entries in one funnel that a merge brings together, the one that moved last stays. Locks what it deletes.
DELETE FROM funnels_funnelentry mine USING funnels_funnelentry other
WHERE mine.campaign_id = other.campaign_id
  AND ((mine.customer_id = %(target)s::bigint AND other.customer_id = %(source)s::bigint
        AND mine.moved_at < other.moved_at)
    OR (mine.customer_id = %(source)s::bigint AND other.customer_id = %(target)s::bigint
        AND mine.moved_at <= other.moved_at))
