-- name: find_exceeded_impression_caps
-- Customers who were shown a campaign more often than its cap allows. Locks nothing, like all checks.
SELECT mine.organization_id, format('customer %%s was shown campaign %%s %%s times since %%s, its cap is %%s',
    mine.customer_id, mine.campaign_id, mine.capped_count, mine.capped_from, campaign.frequency_cap) AS sentence
FROM campaigns_participation mine JOIN campaigns_adcampaign campaign ON campaign.id = mine.campaign_id
WHERE campaign.frequency_unit = 'impressions' AND mine.capped_count > campaign.frequency_cap
AND mine.capped_rule = campaign.frequency_rule
AND mine.last_seen_at > campaign.updated_at AND ${never_merged}

-- name: find_exceeded_interaction_caps
-- Customers who entered a campaign's funnel more often than its cap allows.
SELECT mine.organization_id, format('customer %%s entered campaign %%s %%s times since %%s, its cap is %%s',
    mine.customer_id, mine.campaign_id, mine.capped_count, mine.capped_from, campaign.frequency_cap) AS sentence
FROM campaigns_participation mine JOIN campaigns_adcampaign campaign ON campaign.id = mine.campaign_id
WHERE campaign.frequency_unit = 'interactions' AND mine.capped_count > campaign.frequency_cap
AND mine.capped_rule = campaign.frequency_rule
AND EXISTS (SELECT FROM funnels_funnelentry entry WHERE entry.customer_id = mine.customer_id
    AND entry.campaign_id = mine.campaign_id AND entry.entered_at > campaign.updated_at)
AND ${never_merged}

-- name: find_exceeded_behavior_caps
-- Of behaviors and of their goals: a completed goal is a completion, too.
SELECT behavior.organization_id, format('customer %%s earned behavior %%s %%s times {within}, its cap is %%s',
    earned.customer_id, behavior.id, earned.number, {cap}) AS sentence
FROM campaigns_achievement behavior JOIN (
    SELECT completion.customer_id, completion.achievement_id, count(*) AS number, max(completion.created_at) AS newest
    FROM campaigns_completion completion
    JOIN customers_organization organization ON organization.id = completion.organization_id
    GROUP BY completion.customer_id, completion.achievement_id, {period}
) earned ON earned.achievement_id = behavior.id
WHERE earned.number > {cap} AND earned.newest > behavior.updated_at
AND ${never_merged}

-- name: find_exceeded_rolling_caps
-- Completions whose cap-th predecessor is within the rolling period before them.
SELECT organization_id, format('customer %%s earned behavior %%s more than %%s times within %%s s before %%s',
    customer_id, achievement_id, cap, period, at) AS sentence
FROM (
    SELECT behavior.organization_id, completion.customer_id, completion.achievement_id, completion.at,
        behavior.updated_at,
        behavior.max_times_achievable_per_period AS cap, behavior.period,
        lag(completion.at, behavior.max_times_achievable_per_period) OVER earlier AS first_at,
        GREATEST(completion.created_at,
            lag(completion.created_at, behavior.max_times_achievable_per_period) OVER earlier) AS newest
    FROM campaigns_achievement behavior JOIN campaigns_completion completion ON completion.achievement_id = behavior.id
    WHERE behavior.period IS NOT NULL AND behavior.max_times_achievable_per_period IS NOT NULL
    WINDOW earlier AS (PARTITION BY completion.customer_id, completion.achievement_id ORDER BY completion.at)
) earned
WHERE first_at > at - make_interval(secs => period) AND newest > updated_at
AND ${never_merged}

-- name: find_exceeded_offer_limits
-- Customers who were given an offer more often than its limit allows.
SELECT offer.organization_id, format('customer %%s was given offer %%s %%s times, its limit is %%s', given.customer_id,
    offer.id, given.number, offer.limit_per_customer) AS sentence
FROM campaigns_offer offer JOIN (
    SELECT customer_id, offer_id, count(*) AS number, max(created_at) AS newest
    FROM campaigns_issuedoffer GROUP BY customer_id, offer_id
) given ON given.offer_id = offer.id
WHERE given.number > offer.limit_per_customer AND given.newest > offer.updated_at
AND ${never_merged}

-- fragment: never_merged
-- Whether nobody was merged into the customer: a merge adds up what two were given, and may exceed a limit.
NOT EXISTS (SELECT FROM customers_customeralias alias WHERE alias.customer_id = ${customer})
