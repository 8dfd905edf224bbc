-- name: insert
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

-- fragment: is_looked_at
-- Whether some goal of the organization may look at an event now; parameters: `values_of_look`.
(EXISTS (
    SELECT FROM campaigns_achievement goal
    WHERE goal.organization_id = {source}.organization_id AND goal.internal_event_name = %s::varchar
    AND goal.deleted_at IS NULL AND goal.composite_id IS NOT NULL
) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%s::jsonb) AS quiet (organization_id bigint, version bigint)
    JOIN customers_organization known ON known.id = quiet.organization_id AND known.version = quiet.version
    WHERE quiet.organization_id = {source}.organization_id
))
