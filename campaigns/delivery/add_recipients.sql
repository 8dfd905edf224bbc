-- name: insert_recipients
-- Adds the recipients that {source} selects; locks nobody. Keys begin with the delivery's own half, so that recipients
-- lie in the index as they lie in the table.
INSERT INTO campaigns_recipient (key, organization_id, delivery_id, creative_id, customer_id, state, due_at{column})
SELECT (%s::text || lpad(to_hex({id}), 16, '0'))::uuid, %s::bigint, %s::bigint, %s::bigint, {id}, %s::varchar,
    CASE WHEN %s::boolean THEN now() END{value}
FROM {source}

-- name: insert_counted_recipients
-- Adds recipients whose message counts towards the campaign's frequency cap; who has reached it meanwhile is left out.
-- Locks customers FOR KEY SHARE, then participations, both by customer: a merge waits for all of it, or is waited for.
WITH able AS MATERIALIZED (
    SELECT customer.id, customer.organization_id FROM {customers} ORDER BY customer.id FOR KEY SHARE OF customer
), counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
    SELECT able.organization_id, able.id, %s::bigint, 1, %s::date, %s::smallint FROM able ORDER BY able.id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET {counting} WHERE {has_room}
    RETURNING customer_id, capped_from
)
{insert_recipients}
