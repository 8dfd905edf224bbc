-- name: lock_visit
-- The visit of a trail, with the organization's columns that counting events needs. Locks the customer FOR NO KEY
-- UPDATE: no merge, and no other event of the customer, until the transaction ends.
SELECT trail.id, trace.id, trace.customer_id, trace.closed_at IS NOT NULL, organization.id, organization.version,
    organization.time_zone
FROM traces_trail trail
JOIN traces_trace trace ON trace.id = trail.trace_id
JOIN customers_customer customer ON customer.id = trace.customer_id
JOIN customers_organization organization ON organization.id = trace.organization_id
WHERE trail.uuid = %s::uuid
FOR NO KEY UPDATE OF customer

-- name: record_uncounted_action
-- Inserts an action and its event in one statement, unless the trace is closed or a behavior may count the event (then
-- nothing is written). Locks the customer FOR KEY SHARE, against a merge.
WITH visit AS (
    SELECT trail.id AS trail_id, trace.organization_id, trace.customer_id, trace.closed_at,
        ${may_be_counted} AS may_be_counted
    FROM traces_trail trail
    JOIN traces_trace trace ON trace.id = trail.trace_id
    JOIN customers_customer customer ON customer.id = trace.customer_id
    WHERE trail.uuid = %s::uuid
    FOR KEY SHARE OF customer
), open_visit AS (
    SELECT * FROM visit WHERE closed_at IS NULL AND NOT may_be_counted
), action AS (
    INSERT INTO traces_action (organization_id, trail_id, uuid, name, type, data)
    SELECT organization_id, trail_id, %s::uuid, %s::varchar, %s::varchar, %s::jsonb FROM open_visit
), event AS (${insert_event})
SELECT closed_at IS NOT NULL, may_be_counted FROM visit
