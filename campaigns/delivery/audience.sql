-- fragment: is_held_out
-- Whether a customer is in a campaign's control group, as `campaigns/decisions/engine/holdout.py` says of one customer.
(('x' || left(encode(sha256(convert_to(%s::text || customer.uuid::text, 'UTF8')), 'hex'), 8))
    ::bit(32)::bigint %% 10000 < %s::bigint)

-- fragment: has_full_cap
-- Whether the customer has been counted as often as the campaign's frequency cap allows in the present period.
EXISTS (SELECT FROM campaigns_participation participation
    WHERE participation.customer_id = customer.id AND participation.campaign_id = %s::bigint
    AND participation.capped_rule = %s::smallint AND participation.capped_from >= %s::date
    AND participation.capped_count >= %s::bigint)

-- name: preview_audience
-- How many customers each filter removes, and the first who pass all; locks nobody. A filter is evaluated only for those
-- whom the filters before it have left. Only fixed texts and filters are put in.
SELECT COALESCE((
    SELECT json_object_agg(step, number) FROM (
        SELECT CASE {cases} ELSE {last} END AS step, count(*) AS number
        FROM customers_customer customer WHERE customer.organization_id = %s::bigint GROUP BY 1
    ) counted
), '{{}}'::json)::text, COALESCE((
    SELECT json_agg(json_build_object('user_id', uuid, 'external_id', external_id) ORDER BY id) FROM (
        SELECT customer.id, customer.uuid, customer.external_id
        FROM customers_customer customer WHERE customer.organization_id = %s::bigint AND {all}
        ORDER BY customer.id LIMIT {sample}
    ) first
), '[]'::json)::text
