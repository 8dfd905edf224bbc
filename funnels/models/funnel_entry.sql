-- name: yield
-- Where both were on the way in one funnel, the one who moved last goes on.
DELETE FROM funnels_funnelentry mine USING funnels_funnelentry other
WHERE mine.campaign_id = other.campaign_id
  AND ((mine.customer_id = %(target)s::bigint AND other.customer_id = %(source)s::bigint
        AND mine.moved_at < other.moved_at)
    OR (mine.customer_id = %(source)s::bigint AND other.customer_id = %(target)s::bigint
        AND mine.moved_at <= other.moved_at))
