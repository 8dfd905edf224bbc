-- fragment: targets
COALESCE((
    SELECT json_agg(json_build_object('attribute', target.attribute, 'operator', target.operator,
                                      'values', target.values) ORDER BY target.position)
    FROM campaigns_adtarget target WHERE target.{owner} = {id}
), '[]'::json)

-- fragment: campaign
-- Only names of tables and columns are put together here; values are parameters.
SELECT json_build_object(
    'id', campaign.id, 'name', campaign.name, 'window', ${window_table_campaign},
    'category', campaign.category, 'group_name', campaign.group_name, 'priority', campaign.priority,
    'frequency_cap', campaign.frequency_cap, 'frequency_unit', campaign.frequency_unit,
    'frequency_period', campaign.frequency_period, 'frequency_rule', campaign.frequency_rule,
    'holdout_percent', campaign.holdout_percent,
    'price_per_impression', campaign.price_per_impression::text,
    'price_per_conversion', campaign.price_per_conversion::text,
    'targets', ${targets_owner_bundle_id_id_bundle_id},
    'groups', COALESCE((
        SELECT json_agg(json_build_object(
            'id', creative_group.id, 'windows', json_build_array(
                ${window_table_line_item}, ${window_table_part}),
            'targets', ${targets_owner_group_id_id_part_id}))
        FROM campaigns_adgroup creative_group JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
        WHERE line_item.campaign_id = campaign.id AND creative_group.deleted_at IS NULL
    ), '[]'::json)
)::text
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = organization.id AND

-- name: load_all
SELECT organization.version, now(), ${schema},
    ARRAY(${campaign} ${is_live} ORDER BY campaign.id),
    ARRAY(SELECT spend.campaign_id FROM campaigns_spendlimit spend
          WHERE spend.organization_id = organization.id AND ${capped})
FROM customers_organization organization WHERE organization.id = %s::bigint

-- name: load_changed
WITH ${changes}, ${campaigns}
SELECT organization.version, now(), ${is_known}, ARRAY(SELECT id FROM campaigns),
    ARRAY(${campaign} ${is_live} AND campaign.id = ANY(ARRAY(SELECT id FROM campaigns)) ORDER BY campaign.id),
    (SELECT json_agg(json_build_array(spend.campaign_id, ${capped}))::text FROM campaigns_spendlimit spend
     WHERE spend.id = ${marked_label_campaigns_spendlimit})
FROM customers_organization organization WHERE organization.id = %(organization)s::bigint
