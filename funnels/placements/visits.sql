-- fragment: history
-- A customer's history in campaigns, in the order of the members of History; locks nothing.
array_agg(ARRAY[
    campaign_id, dismissed_count, converted_count, completed_count,
    COALESCE((extract(epoch FROM last_seen_at) * 1000000)::bigint, 0),
    capped_count, COALESCE(capped_from - date '0001-01-01' + 1, 0), COALESCE(capped_rule, 0)])

-- fragment: short_history
-- One campaign more than a short history has, so that a longer one is known by its length.
(
    SELECT ${history}
    FROM (SELECT * FROM campaigns_participation WHERE customer_id = customer.id LIMIT ${one_too_many}) mine
)

-- name: find_visit_by_trail
-- The application, the visit of a trail and its customer, who may be missing; locks nothing.
SELECT ${application_columns}, trace.closed_at IS NOT NULL, trail.platform, trail.language, trail.channel,
       ${customer_columns}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN traces_trail trail ON trail.uuid = %s::uuid AND trail.organization_id = application.organization_id
LEFT JOIN traces_trace trace ON trace.id = trail.trace_id
LEFT JOIN customers_customer customer ON customer.id = trace.customer_id
WHERE application.app_token = %s::uuid AND application.is_active

-- name: find_visit_by_external_id
-- The application and the customer with an external id, who may be missing, as their last visit was; locks nothing.
SELECT ${application_columns}, false, customer.last_platform, customer.last_language, customer.last_channel,
       ${customer_columns}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN customers_customer customer ON customer.external_id = %s::varchar
    AND customer.organization_id = application.organization_id
WHERE application.app_token = %s::uuid AND application.is_active

-- name: find_visit_by_customer
-- The application and a customer, who may be missing, as their last visit was; locks nothing.
SELECT ${application_columns}, false, customer.last_platform, customer.last_language, customer.last_channel,
       ${customer_columns}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN customers_customer customer ON customer.id = %s::bigint
    AND customer.organization_id = application.organization_id
WHERE application.app_token = %s::uuid AND application.is_active

-- name: read_history
-- The customer's history in some campaigns; locks nothing.
SELECT ${history} FROM campaigns_participation
WHERE customer_id = %s::bigint AND campaign_id = ANY(%s::bigint[])

-- fragment: customer_columns
-- What a decision knows of the customer, in the order in which `placements.visits` reads it.
customer.id, customer.uuid, customer.external_id, customer.is_anonymous, customer.consent,
    customer.attributes, customer.tags, customer.points, ${short_history}

-- fragment: application_columns
-- The application and its organization, in the order in which `placements.visits` reads them.
application.id, application.platforms,
    organization.id, organization.version, organization.time_zone, organization.default_consent
