-- name: lock_campaigns
-- The campaigns of the application's portfolio with their limits. Locks the limits, by the ids of their campaigns.
SELECT campaign.id, campaign.name, link.advertiser_id, link.goal, portfolio.may_manage,
       '${feature}' = ANY(advertiser.features), spend.type, spend.renewal, spend.amount
FROM marketing_solutions_portfolio portfolio
JOIN marketing_solutions_advertiser advertiser ON advertiser.id = portfolio.advertiser_id
JOIN marketing_solutions_advertisercampaign link ON link.advertiser_id = advertiser.id
JOIN campaigns_adcampaign campaign ON campaign.id = link.campaign_id
JOIN campaigns_spendlimit spend ON spend.campaign_id = campaign.id
WHERE portfolio.application_id = %s::bigint AND campaign.organization_id = %s::bigint
    AND campaign.deleted_at IS NULL AND campaign.id = ANY(%s::bigint[])
ORDER BY campaign.id
FOR NO KEY UPDATE OF spend
