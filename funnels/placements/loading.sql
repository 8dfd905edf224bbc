-- fragment: rows_of_each_kind
-- Placeholders, events, banners, popups, bindings and funnels as JSON, in the order of Rows; the arguments are further
-- conditions.
    ARRAY(SELECT to_json(row)::text FROM funnels_placeholder row
          WHERE row.organization_id = organization.id ${of_placeholders} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_businessevent row
          WHERE row.organization_id = organization.id ${of_events} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_banner row
          WHERE row.organization_id = organization.id ${of_campaigns} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_popup row
          WHERE row.organization_id = organization.id ${of_campaigns} ORDER BY row.id),
    ARRAY(SELECT to_json(row)::text FROM funnels_eventbinding row
          WHERE row.organization_id = organization.id ${of_campaigns} ORDER BY row.id),
    ARRAY(SELECT json_build_object(
        'campaign_id', row.campaign_id, 'style', style, 'allow_dismiss', allow_dismiss,
        'landing_page', landing_page, 'always_use_landing', always_use_landing,
        'show_progress_bar', show_progress_bar, 'new_window', new_window)::text
        FROM funnels_funnel row WHERE row.organization_id = organization.id ${of_campaigns} ORDER BY row.id)

-- name: load_catalog
-- All that the organization shows, with its version; locks nothing.
SELECT organization.version, ${all_rows}
FROM customers_organization organization WHERE organization.id = %s::bigint

-- name: load_changed_rows
-- What has changed since a version, with the version, whether those changes are still known, and the ids of what has
-- changed; locks nothing.
WITH ${changes}, ${changed_campaigns}
SELECT organization.version, ${is_known}, ARRAY(SELECT id FROM campaigns),
    ARRAY(SELECT id FROM marked WHERE label = '${placeholder_label}'),
    ARRAY(SELECT id FROM marked WHERE label = '${event_label}'), ${changed_rows}
FROM customers_organization organization WHERE organization.id = %(organization)s::bigint
