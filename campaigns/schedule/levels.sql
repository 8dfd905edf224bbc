-- fragment: levels_above_creative
-- The levels above `creative`, as joins.
JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
JOIN campaigns_adcampaign campaign ON campaign.id = line_item.campaign_id

-- fragment: levels_are_over
-- Whether a creative or a level above it is deleted or completed, for good.
(creative.deleted_at IS NOT NULL OR creative_group.deleted_at IS NOT NULL OR line_item.deleted_at IS NOT NULL
    OR campaign.deleted_at IS NOT NULL
    OR 'completed' IN (creative.status, creative_group.status, line_item.status, campaign.status))
