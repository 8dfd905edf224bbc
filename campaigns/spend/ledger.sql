-- fragment: add_charges
-- Adds charges to the totals of their periods, and locks these; the caller has locked the spend limit. `charges` selects
-- organization, campaign, period, first day and amount in the order of the totals.
INSERT INTO campaigns_spendtotal AS total (organization_id, campaign_id, period, starts_on, amount)
${charges}
ON CONFLICT (campaign_id, period, starts_on) DO UPDATE SET amount = total.amount + excluded.amount

-- fragment: charge
-- One charge in each of its periods.
SELECT %(organization)s::bigint, %(campaign)s::bigint, period, starts_on, %(amount)s::numeric
FROM unnest(%(periods)s::text[], %(starts)s::date[]) AS booked (period, starts_on)

-- name: add_to_totals
-- Adds one charge to the totals of its periods, and locks these; see `add_charges`.
${add_charge}

-- name: subtract_from_totals
-- Adds a negative amount to totals, and locks them: what is given back was charged, so they are there.
UPDATE campaigns_spendtotal total SET amount = total.amount + %(amount)s::numeric
FROM unnest(%(periods)s::text[], %(starts)s::date[]) AS booked (period, starts_on)
WHERE total.organization_id = %(organization)s::bigint AND total.campaign_id = %(campaign)s::bigint
    AND total.period = booked.period AND total.starts_on = booked.starts_on
