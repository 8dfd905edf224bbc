-- fragment: rows
-- The rows of each kind as JSON, in the order of Rows; only names of tables and columns are put together here.
    ARRAY(SELECT to_json(row)::text FROM funnels_placeholder row
          WHERE row.organization_id = organization.id {placeholders} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_businessevent row
          WHERE row.organization_id = organization.id {events} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_banner row
          WHERE row.organization_id = organization.id {campaigns} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_popup row
          WHERE row.organization_id = organization.id {campaigns} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_eventbinding row
          WHERE row.organization_id = organization.id {bindings} ORDER BY row.id),
    ARRAY(SELECT json_build_object(
        'campaign_id', row.campaign_id, 'style', style, 'allow_dismiss', allow_dismiss,
        'landing_page', landing_page, 'always_use_landing', always_use_landing,
        'show_progress_bar', show_progress_bar, 'new_window', new_window)::text
        FROM funnels_funnel row WHERE row.organization_id = organization.id {campaigns} ORDER BY row.id)

-- name: load_changed
WITH ${changes}, ${campaigns}
SELECT organization.version, ${is_known}, ARRAY(SELECT id FROM campaigns),
    ARRAY(SELECT id FROM marked WHERE label = '${own_labels_placeholders}'),
    ARRAY(SELECT id FROM marked WHERE label = '${own_labels_events}'), ${changed_rows}
FROM customers_organization organization WHERE organization.id = %(organization)s::bigint
