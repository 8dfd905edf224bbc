-- fragment: changes
-- What has been marked since a version; parameters: `organization`, `since`.
changes AS (
    SELECT marks FROM customers_definitionchange
    WHERE organization_id = %(organization)s::bigint AND version > %(since)s::bigint
), marked AS (
    SELECT DISTINCT mark.key AS label, id.value::bigint AS id
    FROM changes, jsonb_each(marks) mark, jsonb_array_elements_text(mark.value) id
)

-- fragment: changed_campaigns
-- The campaigns that the marked rows belong to now.
campaigns AS (
    SELECT id FROM marked WHERE label = 'campaigns.adcampaign'
    UNION SELECT campaign_id FROM campaigns_adbundle WHERE id = ${bundles}
    UNION SELECT campaign_id FROM campaigns_adlineitem WHERE id = ${line_items}
    UNION SELECT line_item.campaign_id FROM campaigns_adgroup creative_group
        JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
        WHERE creative_group.id = ${groups}
    UNION SELECT line_item.campaign_id FROM campaigns_adunit creative
        JOIN campaigns_adgroup creative_group ON creative_group.id = creative.creative_group_id
        JOIN campaigns_adlineitem line_item ON line_item.id = creative_group.line_item_id
        WHERE creative.id = ${creatives}
    UNION SELECT campaign_id FROM campaigns_achievement WHERE id = ${behaviors}
)

-- fragment: is_known
-- Whether the marks tell all that may have changed: one row for each version, and no label that nobody knows.
(
    (SELECT count(*) FROM changes) = organization.version - %(since)s::bigint
    AND NOT EXISTS (
        SELECT FROM changes, jsonb_object_keys(marks) label
        WHERE label <> ALL(%(labels)s::text[]) AND split_part(label, '.', 1) = ANY(%(apps)s::text[]))
)
