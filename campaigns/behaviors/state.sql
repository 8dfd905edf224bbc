-- name: find
SELECT asked.part, asked.customer_id, asked.achievement_id, found.id, found.at, found.amount, found.flag
FROM jsonb_to_recordset(%s::jsonb) AS asked (
    part text, customer_id bigint, achievement_id bigint, since timestamptz, until timestamptz, many bigint)
CROSS JOIN LATERAL ({parts}) found

-- name: part_total
    SELECT count(*) AS id, NULL::timestamptz AS at, NULL::numeric AS amount, false AS flag FROM (
        SELECT FROM campaigns_earning earning
        WHERE earning.customer_id = asked.customer_id AND earning.achievement_id = asked.achievement_id
        LIMIT asked.many
    ) times WHERE asked.part = 'total' HAVING asked.part = 'total'
