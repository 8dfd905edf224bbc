-- fragment: level_members
-- The members that every level with dates shows.
'id', ${level}.id, 'name', ${level}.name, 'status', ${level}.status,
    'starts_at', to_char(${level}.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'ends_at', to_char(${level}.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')

-- name: get_navigation
-- The living levels below a campaign as one tree, the newest first; no locks.
SELECT json_build_object(${campaign_members}, 'line_items', COALESCE((
    SELECT json_agg(json_build_object(${line_item_members}, 'groups', COALESCE((
        SELECT json_agg(json_build_object(${group_members}, 'creatives', COALESCE((
            SELECT json_agg(json_build_object('id', creative.id, 'name', creative.name, 'status', creative.status)
                            ORDER BY creative.id DESC)
            FROM campaigns_adunit creative
            WHERE creative.creative_group_id = creative_group.id AND creative.deleted_at IS NULL
        ), '[]'::json)) ORDER BY creative_group.id DESC)
        FROM campaigns_adgroup creative_group
        WHERE creative_group.line_item_id = line_item.id AND creative_group.deleted_at IS NULL
    ), '[]'::json)) ORDER BY line_item.id DESC)
    FROM campaigns_adlineitem line_item
    WHERE line_item.campaign_id = campaign.id AND line_item.deleted_at IS NULL
), '[]'::json))::text
FROM campaigns_adcampaign campaign
WHERE campaign.id = %s::bigint AND campaign.organization_id = %s::bigint AND campaign.deleted_at IS NULL
