"""Campaigns are complete, and rows below one refer to no other."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

FIND_CAMPAIGNS_WITHOUT_BUNDLE = """
SELECT campaign.organization_id, format('campaign %%s has no ad bundle', campaign.id) AS sentence
FROM campaigns_adcampaign campaign
WHERE NOT EXISTS (SELECT FROM campaigns_adbundle bundle WHERE bundle.campaign_id = campaign.id)
"""
FIND_SURPLUS_ROWS = """
SELECT organization_id, format('{parent} %%s has %%s living rows in {child}', {column}, count(*)) AS sentence
FROM {child} WHERE deleted_at IS NULL GROUP BY organization_id, {column} HAVING count(*) > 1
"""
FIND_UNKNOWN_OFFERS = SQL("find_unknown_offers")
FIND_OTHER_CAMPAIGN = """
SELECT child.organization_id, format('{child} %%s is of campaign %%s, its {column} %%s of campaign %%s', child.id,
    child.campaign_id, child.{column}, parent.campaign_id) AS sentence
FROM {child} child JOIN ({parent}) parent ON parent.id = child.{column} WHERE parent.campaign_id <> child.campaign_id
"""
GROUPS = """SELECT creative_group.id, line_item.campaign_id FROM campaigns_adgroup creative_group
    JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id"""
CREATIVES = """SELECT creative.id, line_item.campaign_id FROM campaigns_adunit creative
    JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
    JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id"""
OF_ONE_CAMPAIGN = (
    ("campaigns_delivery", "creative_id", CREATIVES),
    ("campaigns_achievement", "composite_id", "SELECT id, campaign_id FROM campaigns_achievement"),
    ("funnels_banner", "group_id", GROUPS),
    ("funnels_popup", "group_id", GROUPS),
    ("funnels_funnel", "version_id", "SELECT id, campaign_id FROM funnels_funnelversion"),
    ("funnels_funnelentry", "version_id", "SELECT id, campaign_id FROM funnels_funnelversion"),
    ("funnels_funnelentry", "interaction_id", "SELECT id, campaign_id FROM campaigns_interaction"),
)

HIERARCHY = (
    Check("a campaign has its ad bundle", FIND_CAMPAIGNS_WITHOUT_BUNDLE),
    Check(
        "one container a campaign",
        FIND_SURPLUS_ROWS.format(parent="campaign", child="campaigns_adlineitem", column="campaign_id"),
    ),
    Check(
        "one creative a group",
        FIND_SURPLUS_ROWS.format(parent="creative group", child="campaigns_adunit", column="creative_group_id"),
    ),
    Check("offers of creatives are there", FIND_UNKNOWN_OFFERS),
    *(
        Check(
            f"one campaign in {child}.{column}", FIND_OTHER_CAMPAIGN.format(child=child, column=column, parent=parent)
        )
        for child, column, parent in OF_ONE_CAMPAIGN
    ),
)
