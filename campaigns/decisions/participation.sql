-- name: add_to_participation
-- Counts once more what a customer has done (`count`, `time`); locks the customer as `lock` says, then the participation.
WITH customer AS (SELECT id FROM customers_customer WHERE id = %s::bigint FOR ${lock})
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id, ${count}, ${time})
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::timestamptz FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET ${count} = mine.${count} + 1, ${time} = GREATEST(mine.${time}, excluded.${time})

-- name: get_frequency_cap
-- A campaign's frequency cap and the time zone of its organization; no locks.
SELECT campaign.frequency_cap, campaign.frequency_unit, campaign.frequency_period, campaign.frequency_rule,
    organization.time_zone
FROM campaigns_adcampaign campaign
JOIN customers_organization organization ON organization.id = campaign.organization_id
WHERE campaign.id = %s::bigint

-- name: add_engagement_to_cap
-- Counts towards a frequency cap of interactions where it has room; locks the customer FOR KEY SHARE, then the
-- participation.
WITH customer AS (SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE)
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::date, %s::smallint FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped} WHERE ${has_room}

-- name: lock_participations
-- Locks participations by customer and campaign, making those that are missing.
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id)
SELECT %s::bigint, pair.customer_id, pair.campaign_id
FROM jsonb_to_recordset(%s::jsonb) AS pair (customer_id bigint, campaign_id bigint)
ORDER BY pair.customer_id, pair.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET seen_count = mine.seen_count
