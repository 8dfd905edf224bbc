-- name: insert_completions
-- Inserts completions in the order of their places, and returns their ids in it; locks nothing.
INSERT INTO campaigns_completion (organization_id, customer_id, achievement_id, at, is_waiting)
SELECT %s::bigint, earned.customer_id, earned.achievement_id, earned.at, earned.is_waiting
FROM jsonb_to_recordset(%s::jsonb) AS earned (
    place integer, customer_id bigint, achievement_id bigint, at timestamptz, is_waiting boolean)
ORDER BY earned.place
RETURNING id

-- name: insert_progress_events
-- Inserts the events that counted towards goals; locks nothing, for the caller has locked the customers.
INSERT INTO campaigns_goalprogressevent (organization_id, customer_id, goal_id, at, amount, is_consumed)
SELECT %(organization)s::bigint, customer_id, goal_id, at, amount, is_consumed
FROM jsonb_to_recordset(%(counted)s::jsonb) AS new (
    customer_id bigint, goal_id bigint, at timestamptz, amount numeric, is_consumed boolean)

-- name: set_progress_amounts
-- Sets the sum of a goal that keeps one row; locks these rows of customers whom the caller has locked.
UPDATE campaigns_goalprogressevent counted SET amount = grown.amount
FROM jsonb_to_recordset(%(grown)s::jsonb) AS grown (id bigint, amount numeric) WHERE counted.id = grown.id

-- name: consume_progress_events
-- Marks events as used up by a completion; locks these rows of customers whom the caller has locked.
UPDATE campaigns_goalprogressevent SET is_consumed = true
WHERE id = ANY(ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(%(consumed)s::jsonb)))

-- name: delete_progress_events
-- Deletes events that were used up and that no rule asks for again; locks these rows of customers whom the caller has
-- locked.
DELETE FROM campaigns_goalprogressevent
WHERE id = ANY(ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(%(spent)s::jsonb)))

-- name: end_waiting_completions
-- Ends the waiting of goals' completions for their behavior; locks these rows of customers whom the caller has locked.
UPDATE campaigns_completion SET is_waiting = false
WHERE id = ANY(ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(%(rested)s::jsonb)))

-- name: give_tags_and_points
-- Adds tags and points to customers; locks their rows, which the caller has locked before.
UPDATE customers_customer customer
SET tags = customer.tags || ARRAY(
        SELECT tag FROM jsonb_array_elements_text(gift.tags) tag WHERE tag <> ALL (customer.tags)),
    points = customer.points + gift.points, updated_at = now()
FROM jsonb_to_recordset(%(gifts)s::jsonb) AS gift (customer_id bigint, tags jsonb, points bigint)
WHERE customer.id = gift.customer_id

-- name: insert_points_entries
-- Inserts what was earned into the ledger of points; locks nothing.
INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, completion_id, note)
SELECT %(organization)s::bigint, customer_id, amount, at, 'earning:' || completion_id, completion_id, ''
FROM jsonb_to_recordset(%(points)s::jsonb) AS entry (
    customer_id bigint, amount bigint, at timestamptz, completion_id bigint)

-- name: insert_follow_up_events
-- Inserts the events that outcomes of behaviors trigger; locks nothing.
INSERT INTO campaigns_event (organization_id, customer_id, name, at, attributes)
SELECT %(organization)s::bigint, customer_id, name, at, '{}'::jsonb
FROM jsonb_to_recordset(%(events)s::jsonb) AS event (customer_id bigint, name varchar, at timestamptz)
