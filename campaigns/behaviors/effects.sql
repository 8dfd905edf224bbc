-- name: insert_completions
INSERT INTO campaigns_completion (organization_id, customer_id, achievement_id, at, is_waiting)
SELECT %s::bigint, earned.customer_id, earned.achievement_id, earned.at, earned.is_waiting
FROM jsonb_to_recordset(%s::jsonb) AS earned (
    place integer, customer_id bigint, achievement_id bigint, at timestamptz, is_waiting boolean)
ORDER BY earned.place
RETURNING id

-- name: counted
    INSERT INTO campaigns_goalprogressevent (organization_id, customer_id, goal_id, at, amount, is_consumed)
    SELECT %(organization)s::bigint, customer_id, goal_id, at, amount, is_consumed
    FROM jsonb_to_recordset(%(counted)s::jsonb) AS new (
        customer_id bigint, goal_id bigint, at timestamptz, amount numeric, is_consumed boolean)

-- name: gifts
    UPDATE customers_customer customer
    SET tags = customer.tags || ARRAY(
            SELECT tag FROM jsonb_array_elements_text(gift.tags) tag WHERE tag <> ALL (customer.tags)),
        points = customer.points + gift.points, updated_at = now()
    FROM jsonb_to_recordset(%(gifts)s::jsonb) AS gift (customer_id bigint, tags jsonb, points bigint)
    WHERE customer.id = gift.customer_id

-- name: points
    INSERT INTO campaigns_pointsentry (organization_id, customer_id, amount, at, key, completion_id, note)
    SELECT %(organization)s::bigint, customer_id, amount, at, 'earning:' || completion_id, completion_id, ''
    FROM jsonb_to_recordset(%(points)s::jsonb) AS entry (
        customer_id bigint, amount bigint, at timestamptz, completion_id bigint)
