-- fragment: behavior_definitions
-- All that the engine knows of a behavior, as JSON; which behaviors is added at the end.
SELECT json_build_object(
    'behavior', to_json(behavior), 'campaign', campaign.name, 'window', ${campaign_window},
    'targets', ${campaign_targets},
    'goals', COALESCE((
        SELECT json_agg(to_json(goal) ORDER BY goal.group_index, goal.id) FROM campaigns_achievement goal
        WHERE goal.composite_id = behavior.id AND goal.deleted_at IS NULL
    ), '[]'::json),
    'had_more_goals', EXISTS (
        SELECT FROM campaigns_achievement goal
        WHERE goal.composite_id = behavior.id AND goal.deleted_at IS NOT NULL),
    'outcomes', COALESCE((
        SELECT json_agg(json_build_array(outcome.id, outcome.offer_id, event.name) ORDER BY outcome.id)
        FROM campaigns_outcome outcome LEFT JOIN campaigns_triggeredevent event ON event.id = outcome.event_id
        WHERE outcome.achievement_id = behavior.id
    ), '[]'::json),
    'messages', COALESCE((
        SELECT json_agg(json_build_array(
                            creative.id, line_item.campaign_id, creative.creative_group_id, creative.creative_type)
                        ORDER BY creative.id)
        FROM campaigns_adunit creative
        JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
        JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
        WHERE ${creative_is_live} AND creative.delivery_method = 'triggered'
        AND creative.organization_id = behavior.organization_id AND (
            creative.achievement_id = behavior.id
            OR creative.id IN (SELECT creative_id FROM campaigns_outcome WHERE achievement_id = behavior.id))
    ), '[]'::json)
)::text
FROM campaigns_achievement behavior
JOIN campaigns_adcampaign campaign ON campaign.id = behavior.campaign_id
LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE behavior.organization_id = organization.id AND behavior.composite_id IS NULL
AND behavior.deleted_at IS NULL AND

-- name: load_behaviors
-- An organization's version, its customer schema and the behaviors of some campaigns; no locks.
SELECT organization.version, ${schema}, ARRAY(${behaviors} ${which} ORDER BY behavior.id)
FROM customers_organization organization WHERE organization.id = %s::bigint

-- name: load_changed_behaviors
-- The behaviors of campaigns that changed since a version, and of others whose behaviors trigger a creative of these;
-- and whether all changes are known; no locks.
WITH ${changes}, ${changed_campaigns}, creatives AS (
    SELECT creative.id, creative.achievement_id FROM campaigns_adunit creative
    JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
    JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
    WHERE line_item.campaign_id = ANY(ARRAY(SELECT id FROM campaigns))
), touched AS (
    SELECT id FROM campaigns
    UNION SELECT campaign_id FROM campaigns_achievement WHERE id = ANY(ARRAY(SELECT achievement_id FROM creatives))
    UNION SELECT behavior.campaign_id FROM campaigns_outcome outcome
        JOIN campaigns_achievement behavior ON behavior.id = outcome.achievement_id
        WHERE outcome.creative_id = ANY(ARRAY(SELECT id FROM creatives))
)
SELECT organization.version, ${is_known}, ARRAY(SELECT id FROM touched),
    ARRAY(${behaviors} ${is_live} AND campaign.id = ANY(ARRAY(SELECT id FROM touched)) ORDER BY behavior.id)
FROM customers_organization organization WHERE organization.id = %(organization)s::bigint
