"""Caps that were exceeded.

A cap may be lowered below what there is already, and two customers who become one may have more together than one may
have. Neither is a fault, so a row is one only where the customer was never merged and something was added, after the
last change of the cap, to what had reached it.
"""

from config.verification.check import Check

NEVER_MERGED = "NOT EXISTS (SELECT FROM customers_customeralias alias WHERE alias.customer_id = {customer})"
IMPRESSIONS = f"""
SELECT mine.organization_id, format('customer %%s was shown campaign %%s %%s times since %%s, its cap is %%s',
    mine.customer_id, mine.campaign_id, mine.capped_count, mine.capped_from, campaign.frequency_cap) AS sentence
FROM campaigns_participation mine JOIN campaigns_adcampaign campaign ON campaign.id = mine.campaign_id
WHERE campaign.frequency_unit = 'impressions' AND mine.capped_count > campaign.frequency_cap
AND mine.capped_rule = campaign.frequency_rule
AND mine.last_seen_at > campaign.updated_at AND {NEVER_MERGED.format(customer="mine.customer_id")}
"""  # noqa: S608
INTERACTIONS = f"""
SELECT mine.organization_id, format('customer %%s entered campaign %%s %%s times since %%s, its cap is %%s',
    mine.customer_id, mine.campaign_id, mine.capped_count, mine.capped_from, campaign.frequency_cap) AS sentence
FROM campaigns_participation mine JOIN campaigns_adcampaign campaign ON campaign.id = mine.campaign_id
WHERE campaign.frequency_unit = 'interactions' AND mine.capped_count > campaign.frequency_cap
AND mine.capped_rule = campaign.frequency_rule
AND EXISTS (SELECT FROM funnels_funnelentry entry WHERE entry.customer_id = mine.customer_id
    AND entry.campaign_id = mine.campaign_id AND entry.entered_at > campaign.updated_at)
AND {NEVER_MERGED.format(customer="mine.customer_id")}
"""  # noqa: S608
# Behaviors, and their goals: a goal that is complete is an earning, too.
EARNED = f"""
SELECT behavior.organization_id, format('customer %%s earned behavior %%s %%s times {{within}}, its cap is %%s',
    earned.customer_id, behavior.id, earned.number, {{cap}}) AS sentence
FROM campaigns_achievement behavior JOIN (
    SELECT earning.customer_id, earning.achievement_id, count(*) AS number, max(earning.created_at) AS newest
    FROM campaigns_earning earning JOIN customers_organization organization ON organization.id = earning.organization_id
    GROUP BY earning.customer_id, earning.achievement_id, {{period}}
) earned ON earned.achievement_id = behavior.id
WHERE earned.number > {{cap}} AND earned.newest > behavior.updated_at
AND {NEVER_MERGED.format(customer="earned.customer_id")}
"""  # noqa: S608
# The cap's worth of earnings before one lies within the rolling period that ends with it.
ROLLING = f"""
SELECT organization_id, format('customer %%s earned behavior %%s more than %%s times within %%s s before %%s',
    customer_id, achievement_id, cap, period, at) AS sentence
FROM (
    SELECT behavior.organization_id, earning.customer_id, earning.achievement_id, earning.at, behavior.updated_at,
        behavior.max_times_achievable_per_period AS cap, behavior.period,
        lag(earning.at, behavior.max_times_achievable_per_period) OVER earlier AS first_at,
        GREATEST(earning.created_at, lag(earning.created_at, behavior.max_times_achievable_per_period) OVER earlier)
            AS newest
    FROM campaigns_achievement behavior JOIN campaigns_earning earning ON earning.achievement_id = behavior.id
    WHERE behavior.period IS NOT NULL AND behavior.max_times_achievable_per_period IS NOT NULL
    WINDOW earlier AS (PARTITION BY earning.customer_id, earning.achievement_id ORDER BY earning.at)
) earned
WHERE first_at > at - make_interval(secs => period) AND newest > updated_at
AND {NEVER_MERGED.format(customer="earned.customer_id")}
"""  # noqa: S608
WITHOUT_PERIOD = "CASE WHEN behavior.period IS NULL THEN behavior.max_times_achievable_per_period END"
LOCAL = "date_trunc('{unit}', earning.at AT TIME ZONE organization.time_zone)"
OFFERS = f"""
SELECT offer.organization_id, format('customer %%s was given offer %%s %%s times, its limit is %%s', given.customer_id,
    offer.id, given.number, offer.limit_per_customer) AS sentence
FROM campaigns_offer offer JOIN (
    SELECT customer_id, offer_id, count(*) AS number, max(created_at) AS newest
    FROM campaigns_issuedoffer GROUP BY customer_id, offer_id
) given ON given.offer_id = offer.id
WHERE given.number > offer.limit_per_customer AND given.newest > offer.updated_at
AND {NEVER_MERGED.format(customer="given.customer_id")}
"""  # noqa: S608

CAPS = (
    Check("frequency caps of impressions", IMPRESSIONS),
    Check("frequency caps of interactions", INTERACTIONS),
    Check(
        "caps of behaviors",
        EARNED.format(within="in all", cap="behavior.max_times_achievable", period="1"),
    ),
    Check("caps of behaviors in a period", ROLLING),
    Check(
        "caps of behaviors in a period without end",
        EARNED.format(within="in all", cap=WITHOUT_PERIOD, period="1"),
    ),
    Check(
        "caps of behaviors in a month",
        EARNED.format(
            within="in a month", cap="behavior.max_times_achievable_per_month", period=LOCAL.format(unit="month")
        ),
    ),
    Check(
        "caps of behaviors in a year",
        EARNED.format(
            within="in a year", cap="behavior.max_times_achievable_per_year", period=LOCAL.format(unit="year")
        ),
    ),
    Check("offers a customer", OFFERS),
)
