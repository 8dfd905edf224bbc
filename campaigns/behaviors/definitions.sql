-- name: select_behaviors
-- Living behaviors of living campaigns with their goals and outcomes, the oldest first; no locks.
SELECT json_build_object(
    'composite', to_jsonb(composite),
    'goals', COALESCE((
        SELECT json_agg(to_jsonb(goal) ORDER BY goal.group_index, goal.id)
        FROM campaigns_achievement goal WHERE goal.composite_id = composite.id AND goal.deleted_at IS NULL
    ), '[]'::json),
    'outcomes', COALESCE((
        SELECT json_agg(to_jsonb(outcome) ORDER BY outcome.id)
        FROM campaigns_outcome outcome WHERE outcome.achievement_id = composite.id
    ), '[]'::json)
)::text
FROM campaigns_achievement composite JOIN campaigns_adcampaign campaign ON campaign.id = composite.campaign_id
WHERE composite.organization_id = %s::bigint AND ${condition} AND composite.composite_id IS NULL
    AND composite.deleted_at IS NULL AND campaign.deleted_at IS NULL
ORDER BY composite.id
