-- name: find
SELECT asked.part, asked.customer_id, asked.achievement_id, found.id, found.at, found.amount, found.flag
FROM jsonb_to_recordset(%s::jsonb) AS asked (
    part text, customer_id bigint, achievement_id bigint, since timestamptz, until timestamptz, many bigint)
CROSS JOIN LATERAL ({parts}) found

-- fragment: part_total
    SELECT count(*) AS id, NULL::timestamptz AS at, NULL::numeric AS amount, false AS flag FROM (
        SELECT FROM campaigns_completion completion
        WHERE completion.customer_id = asked.customer_id AND completion.achievement_id = asked.achievement_id
        LIMIT asked.many
    ) times WHERE asked.part = 'total' HAVING asked.part = 'total'

-- fragment: part_earned
SELECT id, at, NULL::numeric AS amount, is_waiting AS flag FROM campaigns_completion completion
    WHERE asked.part = 'earned' AND completion.customer_id = asked.customer_id
    AND completion.achievement_id = asked.achievement_id AND completion.at >= asked.since
    AND completion.at <= asked.until
