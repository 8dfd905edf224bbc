-- fragment: level_window
-- Whether the level `level` is live, and its dates in microseconds since 1970.
json_build_array(${is_live},
    (extract(epoch FROM ${level}.starts_at) * 1000000)::bigint,
    (extract(epoch FROM ${level}.ends_at) * 1000000)::bigint)

-- fragment: customer_schema
-- The types of the organization's customer fields by their names.
(SELECT json_object_agg(field.name, field.type)::text FROM customers_customerfield field
    WHERE field.organization_id = organization.id)

-- fragment: targets
-- The targets whose foreign key `owner` is `id`, in their order.
COALESCE((
    SELECT json_agg(json_build_object('attribute', target.attribute, 'operator', target.operator,
                                      'values', target.values) ORDER BY target.position)
    FROM campaigns_adtarget target WHERE target.${owner} = ${id}
), '[]'::json)

-- fragment: campaign_definitions
-- All that decisions know of a campaign, as JSON; which campaigns is added at the end.
SELECT json_build_object(
    'id', campaign.id, 'name', campaign.name, 'window', ${campaign_window},
    'category', campaign.category, 'group_name', campaign.group_name, 'priority', campaign.priority,
    'frequency_cap', campaign.frequency_cap, 'frequency_unit', campaign.frequency_unit,
    'frequency_period', campaign.frequency_period, 'frequency_rule', campaign.frequency_rule,
    'holdout_percent', campaign.holdout_percent,
    'price_per_impression', campaign.price_per_impression::text,
    'price_per_conversion', campaign.price_per_conversion::text,
    'targets', ${campaign_targets},
    'groups', COALESCE((
        SELECT json_agg(json_build_object(
            'id', creative_group.id, 'windows', json_build_array(${line_item_window}, ${group_window}),
            'targets', ${group_targets}))
        FROM campaigns_adgroup creative_group
        JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
        WHERE line_item.campaign_id = campaign.id AND creative_group.deleted_at IS NULL
    ), '[]'::json)
)::text
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = organization.id AND

-- name: load_campaign
-- One campaign of an organization, live or not, with the customer schema; no locks.
SELECT ${schema}, ARRAY(${campaigns} campaign.id = %s::bigint)
FROM customers_organization organization WHERE organization.id = %s::bigint

-- name: load_live_campaigns
-- An organization's version, its campaigns that may be offered and the ids of those that have a spend limit; no locks.
SELECT organization.version, now(), ${schema},
    ARRAY(${campaigns} ${may_be_offered} ORDER BY campaign.id),
    ARRAY(SELECT spend.campaign_id FROM campaigns_spendlimit spend
          WHERE spend.organization_id = organization.id AND ${capped})
FROM customers_organization organization WHERE organization.id = %s::bigint

-- name: load_changed_campaigns
-- The same of what has changed since a version, and whether all changes are known; no locks.
WITH ${changes}, ${changed_campaigns}
SELECT organization.version, now(), ${is_known}, ARRAY(SELECT id FROM campaigns),
    ARRAY(${campaigns} ${may_be_offered} AND campaign.id = ANY(ARRAY(SELECT id FROM campaigns)) ORDER BY campaign.id),
    (SELECT json_agg(json_build_array(spend.campaign_id, ${capped}))::text FROM campaigns_spendlimit spend
     WHERE spend.id = ${changed_limits})
FROM customers_organization organization WHERE organization.id = %(organization)s::bigint
