-- name: find_wrong_points
-- Customers whose points are not the sum of their entries. Locks nothing, like all checks.
SELECT customer.organization_id, format('customer %%s has %%s points, the ledger has %%s', customer.id, customer.points,
    COALESCE(booked.points, 0)) AS sentence
FROM customers_customer customer LEFT JOIN (
    SELECT customer_id, sum(amount) AS points FROM campaigns_pointsentry GROUP BY customer_id
) booked ON booked.customer_id = customer.id
WHERE customer.points <> COALESCE(booked.points, 0)

-- name: find_wrong_spend_totals
-- Days and months are those of the organization's time zone; the lifetime period begins on the first day of all.
SELECT COALESCE(total.organization_id, booked.organization_id) AS organization_id,
    format('campaign %%s has a total of %%s for the %%s period from %%s, its entries add up to %%s',
        COALESCE(total.campaign_id, booked.campaign_id), COALESCE(total.amount, 0),
        COALESCE(total.period, booked.period), COALESCE(total.starts_on, booked.starts_on),
        COALESCE(booked.amount, 0)) AS sentence
FROM campaigns_spendtotal total FULL JOIN (
    SELECT entry.organization_id, entry.campaign_id, of.period, of.starts_on, sum(entry.amount) AS amount
    FROM campaigns_spendentry entry JOIN customers_organization organization ON organization.id = entry.organization_id
    CROSS JOIN LATERAL (SELECT (entry.at AT TIME ZONE organization.time_zone)::date AS day) local
    CROSS JOIN LATERAL (VALUES ('daily', local.day), ('monthly', date_trunc('month', local.day)::date),
        ('lifetime', DATE '0001-01-01')) of (period, starts_on)
    GROUP BY 1, 2, 3, 4
) booked ON booked.campaign_id = total.campaign_id AND booked.period = total.period
    AND booked.starts_on = total.starts_on
WHERE COALESCE(total.amount, 0) <> COALESCE(booked.amount, 0)

-- name: find_exceeded_spend_limits
-- The limit in force today against what was spent in the period around today; `spend_limit.in_force_on` says the same.
SELECT spend_limit.organization_id, format('campaign %%s has spent %%s of its %%s limit of %%s',
    spend_limit.campaign_id, total.amount, force.renewal, force.amount) AS sentence
FROM campaigns_spendlimit spend_limit
JOIN customers_organization organization ON organization.id = spend_limit.organization_id
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE organization.time_zone)::date AS day) local
CROSS JOIN LATERAL (
    SELECT spend_limit.renewal, spend_limit.amount
    WHERE spend_limit.takes_effect_on IS NULL OR spend_limit.takes_effect_on <= local.day
    UNION ALL SELECT spend_limit.renewal_before, spend_limit.amount_before WHERE spend_limit.takes_effect_on > local.day
) force
JOIN campaigns_spendtotal total ON total.campaign_id = spend_limit.campaign_id AND total.period = force.renewal
    AND total.starts_on = CASE force.renewal WHEN 'daily' THEN local.day
        WHEN 'monthly' THEN date_trunc('month', local.day)::date ELSE DATE '0001-01-01' END
WHERE force.amount IS NOT NULL AND total.amount > force.amount

-- name: find_wrong_offer_counts
-- Offers whose count of issued ones is not that of their rows.
SELECT offer.organization_id, format('offer %%s counts %%s issued offers, there are %%s', offer.id, offer.issued_count,
    COALESCE(issued.number, 0)) AS sentence
FROM campaigns_offer offer LEFT JOIN (
    SELECT offer_id, count(*) AS number FROM campaigns_issuedoffer GROUP BY offer_id
) issued ON issued.offer_id = offer.id
WHERE offer.issued_count <> COALESCE(issued.number, 0)

-- name: find_wrong_participation_counts
-- Interactions from before the column `is_seen` may have been seen or only listed, and deleted ones still count: such
-- participations are not checked.
SELECT COALESCE(mine.organization_id, offered.organization_id) AS organization_id,
    format('customer %%s has seen campaign %%s %%s times, converted %%s and dismissed %%s; by their interactions %%s, '
        '%%s and %%s', COALESCE(mine.customer_id, offered.customer_id),
        COALESCE(mine.campaign_id, offered.campaign_id), COALESCE(mine.seen_count, 0),
        COALESCE(mine.converted_count, 0), COALESCE(mine.dismissed_count, 0), COALESCE(offered.seen, 0),
        COALESCE(offered.converted, 0), COALESCE(offered.dismissed, 0)) AS sentence
FROM campaigns_participation mine FULL JOIN (
    SELECT organization_id, customer_id, campaign_id, count(*) FILTER (WHERE is_seen) AS seen,
        count(*) FILTER (WHERE is_seen IS NULL) AS unknown,
        count(*) FILTER (WHERE closed_by = 'conversion') AS converted,
        count(*) FILTER (WHERE closed_by = 'dismiss') AS dismissed
    FROM campaigns_interaction GROUP BY 1, 2, 3
) offered ON offered.customer_id = mine.customer_id AND offered.campaign_id = mine.campaign_id
WHERE mine.interactions_removed_at IS NULL AND COALESCE(offered.unknown, 0) = 0
AND (COALESCE(mine.seen_count, 0), COALESCE(mine.converted_count, 0), COALESCE(mine.dismissed_count, 0))
    <> (COALESCE(offered.seen, 0), COALESCE(offered.converted, 0), COALESCE(offered.dismissed, 0))
