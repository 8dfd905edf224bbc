-- fragment: campaigns
-- The organization's campaigns that have an advertiser, in the order of PortfolioCampaign; locks nothing.
SELECT campaign.id, campaign.name, link.advertiser_id, link.goal,
       COALESCE(spend.type, 'uncapped'), COALESCE(spend.renewal, 'undefined'), spend.amount
FROM marketing_solutions_advertisercampaign link
JOIN campaigns_adcampaign campaign ON campaign.id = link.campaign_id
LEFT JOIN campaigns_spendlimit spend ON spend.campaign_id = link.campaign_id
WHERE campaign.organization_id = (SELECT %(organization)s::bigint) AND campaign.deleted_at IS NULL

-- name: find_campaign
-- One campaign of the application's portfolio; locks nothing.
${campaigns} AND link.campaign_id = %(campaign)s::bigint AND EXISTS (
    SELECT FROM marketing_solutions_portfolio portfolio
    WHERE portfolio.application_id = %(application)s::bigint AND portfolio.advertiser_id = link.advertiser_id)

-- name: search_campaigns
-- A page of the campaigns of the application's portfolio that meet the filters; locks nothing.
-- Values stand in selects of their own, where the planner doesn't see them: its plan is the same for all of them, and so
-- it is made once and kept. (Seeing them it would plan each time, which takes longer than the search.)
-- The order is that of the index over (advertiser, campaign): each page begins where the last one ended, and nothing is
-- sorted.
${campaigns} AND link.advertiser_id = ANY (ARRAY(
        SELECT portfolio.advertiser_id FROM marketing_solutions_portfolio portfolio
        WHERE portfolio.application_id = %(application)s::bigint{of_advertisers}))
    {of_ids} AND (link.advertiser_id, link.campaign_id) > ((SELECT %(advertiser)s::bigint), (SELECT %(last)s::bigint))
ORDER BY link.advertiser_id, link.campaign_id
LIMIT ${page}
