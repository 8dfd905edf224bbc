-- name: insert_events
-- Inserts events and returns the event ids that are new. Ids follow the order of the batch; rows are inserted in the
-- order of their event ids, so that two batches with the same ones wait for each other, but never in a circle.
INSERT INTO campaigns_event (id, organization_id, customer_id, event_id, name, at, amount, quantity, attributes)
SELECT id, %s::bigint, customer_id, event_id, name, at, amount, quantity, attributes
FROM (
    SELECT nextval('campaigns_event_id_seq'::regclass) AS id, told.*
    FROM jsonb_to_recordset(%s::jsonb) AS told (
        place integer, customer_id bigint, event_id varchar, name varchar, at timestamptz, amount numeric,
        quantity integer, attributes jsonb)
    ORDER BY told.place
) placed
ORDER BY event_id, place
ON CONFLICT (organization_id, event_id) WHERE event_id IS NOT NULL DO NOTHING
RETURNING event_id

-- fragment: insert_event_from
-- Inserts an event of the customer that `source` finds, which has one row with organization_id and customer_id. Only for
-- events that no behavior counts; parameters: event_id, name, at, attributes.
INSERT INTO campaigns_event (organization_id, customer_id, event_id, name, at, attributes)
SELECT organization_id, customer_id, %s::varchar, %s::varchar, %s::timestamptz, %s::jsonb FROM {source}
ON CONFLICT (organization_id, event_id) WHERE event_id IS NOT NULL DO NOTHING

-- fragment: may_be_counted
-- Whether some goal of the organization of `source` may count an event now; parameters: `may_be_counted_parameters`.
(EXISTS (
    SELECT FROM campaigns_achievement goal
    WHERE goal.organization_id = {source}.organization_id AND goal.internal_event_name = %s::varchar
    AND goal.deleted_at IS NULL AND goal.composite_id IS NOT NULL
) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%s::jsonb) AS quiet (organization_id bigint, version bigint)
    JOIN customers_organization known ON known.id = quiet.organization_id AND known.version = quiet.version
    WHERE quiet.organization_id = {source}.organization_id
))
