-- name: rows
-- Only names of tables and columns are put together here; values are parameters.
SELECT ${columns}, bundle.id,
    (SELECT ${members} FROM campaigns_adtarget WHERE bundle_id = bundle.id)
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = (SELECT %s::bigint) AND campaign.deleted_at IS NULL AND campaign.id = ANY ({ids})
ORDER BY campaign.id DESC
