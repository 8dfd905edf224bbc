-- name: find_histories
-- The rows that each look-up asks for, `many` of them at most where it counts; no locks. `parts` are the fragments below.
SELECT asked.kind, asked.customer_id, asked.achievement_id, found.id, found.at, found.amount, found.flag
FROM jsonb_to_recordset(%s::jsonb) AS asked (
    kind text, customer_id bigint, achievement_id bigint, since timestamptz, until timestamptz, many bigint)
CROSS JOIN LATERAL ({parts}) found

-- fragment: open_events
-- Progress events that no completion has consumed.
SELECT id, at, amount, false AS flag FROM campaigns_goalprogressevent counted
WHERE asked.kind = 'open' AND counted.customer_id = asked.customer_id AND counted.goal_id = asked.achievement_id
    AND NOT counted.is_consumed AND counted.at >= asked.since AND counted.at <= asked.until

-- fragment: counted_events
-- Progress events, consumed or not.
SELECT id, at, amount, is_consumed AS flag FROM campaigns_goalprogressevent counted
WHERE asked.kind = 'counted' AND counted.customer_id = asked.customer_id AND counted.goal_id = asked.achievement_id
    AND counted.at >= asked.since AND counted.at <= asked.until

-- fragment: waiting_completions
-- Completions of a goal that wait for the behavior's other goals.
SELECT id, at, NULL::numeric AS amount, true AS flag FROM campaigns_completion completion
WHERE asked.kind = 'waiting' AND completion.customer_id = asked.customer_id
    AND completion.achievement_id = asked.achievement_id AND completion.is_waiting

-- fragment: completions
-- Completions in a span of time.
SELECT id, at, NULL::numeric AS amount, is_waiting AS flag FROM campaigns_completion completion
WHERE asked.kind = 'earned' AND completion.customer_id = asked.customer_id
    AND completion.achievement_id = asked.achievement_id AND completion.at >= asked.since
    AND completion.at <= asked.until

-- fragment: number_of_completions
-- How many completions there are, counted up to `many`.
SELECT count(*) AS id, NULL::timestamptz AS at, NULL::numeric AS amount, false AS flag FROM (
    SELECT FROM campaigns_completion completion
    WHERE completion.customer_id = asked.customer_id AND completion.achievement_id = asked.achievement_id
    LIMIT asked.many
) times WHERE asked.kind = 'total' HAVING asked.kind = 'total'
