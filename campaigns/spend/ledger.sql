-- name: add_to_totals
INSERT INTO campaigns_spendtotal AS total (organization_id, campaign_id, period, starts_on, amount)
SELECT %(organization)s::bigint, %(campaign)s::bigint, period, starts_on, %(amount)s::numeric
FROM unnest(%(periods)s::text[], %(starts)s::date[]) AS booked (period, starts_on)
ON CONFLICT (campaign_id, period, starts_on) DO UPDATE SET amount = total.amount + excluded.amount

-- name: take_from_totals
-- What is given back was charged, so its totals are there.
UPDATE campaigns_spendtotal total SET amount = total.amount + %(amount)s::numeric
FROM unnest(%(periods)s::text[], %(starts)s::date[]) AS booked (period, starts_on)
WHERE total.organization_id = %(organization)s::bigint AND total.campaign_id = %(campaign)s::bigint
    AND total.period = booked.period AND total.starts_on = booked.starts_on
