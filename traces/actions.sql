-- name: find
-- Locks the customer first, against a merge and for the counting of events, until the transaction ends.
SELECT trail.id, trace.id, trace.customer_id, trace.closed_at IS NOT NULL, organization.id, organization.version,
    organization.time_zone
FROM traces_trail trail
JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN customers_customer customer ON customer.id = trace.customer_id
JOIN customers_organization organization ON organization.id = trace.organization_id
WHERE trail.uuid = %s::uuid
FOR NO KEY UPDATE OF customer

-- name: find_and_insert
-- What doesn't close a trace, and no behavior looks at, is one statement: found, kept and told to the core in one go, or
-- not at all.
WITH visit AS (
    SELECT trail.id AS trail_id, trace.organization_id, trace.customer_id, trace.closed_at,
        ${is_looked_at_source_trace} AS is_looked_at
    FROM traces_trail trail
    JOIN traces_trace trace ON trace.id = trail.trace_id
    JOIN customers_customer customer ON customer.id = trace.customer_id
    WHERE trail.uuid = %s::uuid
    FOR KEY SHARE OF customer
), open_visit AS (
    SELECT * FROM visit WHERE closed_at IS NULL AND NOT is_looked_at
), action AS (
    INSERT INTO traces_action (organization_id, trail_id, uuid, name, type, data)
    SELECT organization_id, trail_id, %s::uuid, %s::varchar, %s::varchar, %s::jsonb FROM open_visit
), event AS (${insert_event_from_source_open_visit})
SELECT closed_at IS NOT NULL, is_looked_at FROM visit
