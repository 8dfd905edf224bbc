-- name: merge_participations
-- Adds a customer's participations to those of the surviving customer; locks these by campaign. A count by a rule that
-- the campaign no longer has is left behind, so that it never replaces one by the present rule.
INSERT INTO campaigns_participation AS mine (customer_id, ${columns}, capped_count, capped_from, capped_rule)
SELECT %s::bigint, ${columns}, CASE WHEN is_counted THEN capped_count ELSE 0 END,
    CASE WHEN is_counted THEN capped_from END, CASE WHEN is_counted THEN capped_rule END
FROM (
    SELECT source.*, COALESCE(source.capped_rule = campaign.frequency_rule, false) AS is_counted
    FROM campaigns_participation source JOIN campaigns_adcampaign campaign ON campaign.id = source.campaign_id
    WHERE source.customer_id = %s::bigint
) source ORDER BY campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${sums}, ${latest}, ${unite_capped}
