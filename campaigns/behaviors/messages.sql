-- name: count
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
SELECT %s::bigint, sent.customer_id, sent.campaign_id, sent.number, sent.capped_from, sent.capped_rule
FROM jsonb_to_recordset(%s::jsonb) AS sent (
    customer_id bigint, campaign_id bigint, number bigint, capped_from date, capped_rule smallint)
ORDER BY sent.customer_id, sent.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped}
