-- name: next
-- Each creative that has messages waiting, by a look at the first of them: a step in an index for each, whatever their
-- number. Then the one whose message has waited longest, if its levels let it be sent, or will never.
WITH RECURSIVE heads AS (
    (SELECT creative_id, due_at FROM campaigns_recipient
    WHERE delivery_id IS NULL AND state = 'pending' ORDER BY creative_id, due_at LIMIT 1)
    UNION ALL
    SELECT next.creative_id, next.due_at FROM heads CROSS JOIN LATERAL (
        SELECT recipient.creative_id, recipient.due_at FROM campaigns_recipient recipient
        WHERE recipient.delivery_id IS NULL AND recipient.state = 'pending' AND recipient.creative_id > heads.creative_id
        ORDER BY recipient.creative_id, recipient.due_at LIMIT 1
    ) next
), judged AS (
    SELECT creative.id, heads.due_at,
        creative.status = 'live' AND creative_group.status = 'live' AND line_item.status = 'live' AND campaign.status = 'live'
        AND GREATEST(campaign.starts_at, line_item.starts_at, creative_group.starts_at) <= now() AS is_live,
        creative.deleted_at IS NOT NULL OR creative_group.deleted_at IS NOT NULL OR line_item.deleted_at IS NOT NULL
        OR campaign.deleted_at IS NOT NULL OR creative.delivery_method <> 'triggered'
        OR 'completed' IN (creative.status, creative_group.status, line_item.status, campaign.status)
        OR LEAST(campaign.ends_at, line_item.ends_at, creative_group.ends_at) <= now() AS is_over
    FROM heads
    JOIN campaigns_adunit creative ON creative.id = heads.creative_id
    JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
    JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
    JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id
    WHERE heads.due_at <= now() AND heads.creative_id <> ALL(%s::bigint[])
)
SELECT id, is_over FROM judged WHERE is_live OR is_over ORDER BY due_at, id LIMIT 1

-- name: set_aside
WITH waiting AS (
    SELECT key FROM campaigns_recipient
    WHERE delivery_id IS NULL AND creative_id = %(creative)s::bigint AND state = 'pending' AND due_at <= now()
    LIMIT ${largest_bite} FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_recipient recipient SET state = %(state)s::varchar, error = %(error)s::varchar,
    due_at = CASE WHEN %(state)s::varchar = 'pending' THEN now() + make_interval(secs => %(seconds)s::float)
        ELSE now() END
FROM waiting WHERE recipient.key = waiting.key
