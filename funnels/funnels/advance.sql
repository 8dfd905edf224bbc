-- fragment: open_trace
-- The trace, if it still is the customer's and open. Locks the customer, then the trace, as strongly as the arguments
-- say: no merge takes the customer away meanwhile, and no conversion closes the trace.
WITH customer AS (
    SELECT id FROM customers_customer WHERE id = %(customer)s::bigint FOR ${customer_lock}
), trace AS (
    SELECT trace.id FROM traces_trace trace, customer
    WHERE trace.id = %(trace)s::bigint AND trace.customer_id = customer.id AND trace.closed_at IS NULL
    FOR ${trace_lock} OF trace
)

-- name: enter_funnel
-- The entry's id, none where the trace is closed or the entry has changed. Locks the customer and the trace against
-- changes, and the entry.
${open_trace}
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

-- fragment: moved_entry
-- The entry's id after the step, none where it has changed meanwhile. Locks the entry.
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

-- fragment: captured_attributes
-- Writes what was captured to the customer, whose own values win unless they are to be replaced, and to the trace.
, captured_by_customer AS (
    UPDATE customers_customer
    SET attributes = %(stored)s::jsonb || (attributes - %(replaced)s::text[]), updated_at = %(now)s::timestamptz
    FROM moved
    WHERE customers_customer.id = %(customer)s::bigint
), captured_in_trace AS (
    UPDATE traces_trace SET captured = captured || %(data)s::jsonb FROM moved WHERE traces_trace.id = %(trace)s::bigint
)

-- name: move_entry
-- The entry's id after a step that captures nothing. Locks the customer and the trace against changes, and the entry.
${open_trace}
${moved_entry}
SELECT id FROM moved

-- name: move_entry_and_capture
-- The same of a step that captures. Locks the customer, the trace and the entry.
${open_trace}
${moved_entry}
${captured_attributes}
SELECT id FROM moved
