-- fragment: participations
-- Only constants are put together here; values are parameters.
(
    SELECT ${history}
    FROM (SELECT * FROM campaigns_participation WHERE customer_id = customer.id LIMIT ${short_history_1}) mine
)

-- name: by_trail
SELECT ${application}, trace.closed_at IS NOT NULL, trail.platform, trail.language, trail.channel, ${customer}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN traces_trail trail ON trail.uuid = %s::uuid AND trail.organization_id = application.organization_id
LEFT JOIN traces_trace trace ON trace.id = trail.trace_id
LEFT JOIN customers_customer customer ON customer.id = trace.customer_id
WHERE application.app_token = %s::uuid AND application.is_active

-- name: by_external_id
SELECT ${application}, false, customer.last_platform, customer.last_language, customer.last_channel, ${customer}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN customers_customer customer ON customer.external_id = %s::varchar
    AND customer.organization_id = application.organization_id
WHERE application.app_token = %s::uuid AND application.is_active

-- name: by_customer
SELECT ${application}, false, customer.last_platform, customer.last_language, customer.last_channel, ${customer}
FROM customers_application application
JOIN customers_organization organization ON organization.id = application.organization_id
LEFT JOIN customers_customer customer ON customer.id = %s::bigint
    AND customer.organization_id = application.organization_id
WHERE application.app_token = %s::uuid AND application.is_active
