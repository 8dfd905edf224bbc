-- fragment: still_open
-- A merge must not take the customer away meanwhile, nor a conversion close the trace. {customer} and {trace} are how
-- their rows are locked.
WITH customer AS (
    SELECT id FROM customers_customer WHERE id = %(customer)s::bigint FOR {customer}
), trace AS (
    SELECT trace.id FROM traces_trace trace, customer
    WHERE trace.id = %(trace)s::bigint AND trace.customer_id = customer.id AND trace.closed_at IS NULL
    FOR {trace} OF trace
)

-- name: enter
${still_open}
INSERT INTO funnels_funnelentry AS mine (organization_id, customer_id, campaign_id, version_id, interaction_id, uuid,
                                         step, is_finished, answers, answered_in, data, shared_fields,
                                         revision, entered_at, moved_at)
SELECT %(organization)s::bigint, %(customer)s::bigint, %(campaign)s::bigint, %(version)s::bigint,
       %(interaction)s::bigint, %(uuid)s::uuid, %(step)s::varchar, %(is_finished)s::boolean, ARRAY[%(answer)s::text],
       ARRAY[%(trace)s::bigint], '{}'::jsonb, '{}', 1, %(now)s::timestamptz, %(now)s::timestamptz
FROM trace
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET version_id = excluded.version_id, interaction_id = excluded.interaction_id, uuid = excluded.uuid,
    step = excluded.step, is_finished = excluded.is_finished, answers = excluded.answers,
    answered_in = excluded.answered_in, data = excluded.data, shared_fields = excluded.shared_fields,
    entered_at = excluded.entered_at, moved_at = excluded.moved_at, revision = mine.revision + 1
WHERE mine.id = %(entry)s::bigint AND mine.revision = %(revision)s::bigint
RETURNING id

-- fragment: move
, moved AS (
    UPDATE funnels_funnelentry entry
    SET step = %(step)s::varchar, is_finished = %(is_finished)s::boolean, answers = answers || %(answer)s::text,
        answered_in = answered_in || %(trace)s::bigint, data = data || %(data)s::jsonb,
        shared_fields = shared_fields || %(shared_fields)s::text[],
        interaction_id = %(interaction)s::bigint, moved_at = %(now)s::timestamptz, revision = revision + 1
    FROM trace
    WHERE entry.id = %(entry)s::bigint AND entry.revision = %(revision)s::bigint
    RETURNING entry.id
)

-- fragment: store
-- What the customer has and is not to be replaced wins.
, captured AS (
    UPDATE customers_customer
    SET attributes = %(stored)s::jsonb || (attributes - %(replaced)s::text[]), updated_at = %(now)s::timestamptz
    FROM moved
    WHERE customers_customer.id = %(customer)s::bigint
)
