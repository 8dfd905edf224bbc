-- fragment: history
-- The columns of a participation as a History of the decision engine has them.
customer_id, campaign_id, dismissed_at IS NOT NULL, converted_at IS NOT NULL, completed_at IS NOT NULL,
    COALESCE((extract(epoch FROM last_seen_at) * 1000000)::bigint, 0),
    capped_count, COALESCE(capped_from - date '0001-01-01' + 1, 0), COALESCE(capped_rule, 0)

-- name: lock_and_read_histories
-- Locks participations in their order, making those that are missing, and reads them.
${lock_participations} RETURNING ${history}

-- name: read_histories
-- The histories of participations that the caller has locked.
SELECT ${history} FROM campaigns_participation
WHERE (customer_id, campaign_id) IN (
    SELECT customer_id, campaign_id FROM jsonb_to_recordset(%s::jsonb) AS pair (customer_id bigint, campaign_id bigint))

-- name: add_messages_to_caps
-- Adds sent messages to the frequency counters of participations, which the caller has locked.
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
SELECT %s::bigint, sent.customer_id, sent.campaign_id, sent.number, sent.capped_from, sent.capped_rule
FROM jsonb_to_recordset(%s::jsonb) AS sent (
    customer_id bigint, campaign_id bigint, number bigint, capped_from date, capped_rule smallint)
ORDER BY sent.customer_id, sent.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped}
