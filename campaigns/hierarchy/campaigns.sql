-- fragment: newest_campaign_ids
-- A page of the living campaigns' ids, the newest first. In selects of their own the planner doesn't see the values, so it
-- makes one plan for all of them, once: to read the index over (organization, id descending), which has just this order.
SELECT id FROM campaigns_adcampaign
WHERE organization_id = ANY (ARRAY(SELECT %s::bigint)) AND deleted_at IS NULL
ORDER BY organization_id, id DESC LIMIT (SELECT %s::bigint)

-- name: select_campaigns
-- Living campaigns of some ids with their targets, the newest first; no locks.
SELECT ${columns}, bundle.id,
    (SELECT ${targets} FROM campaigns_adtarget WHERE bundle_id = bundle.id)
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = (SELECT %s::bigint) AND campaign.deleted_at IS NULL AND campaign.id = ANY (${ids})
ORDER BY campaign.id DESC

-- name: count_campaigns
-- The number of an organization's living campaigns; no locks.
SELECT count(*) FROM (${ids}) living
