-- name: upsert
-- Counts what a customer has done once. The count, the time and the lock on the customer are put in by the functions
-- that count, never by a caller.
${customer}
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id, {count}, {time})
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::timestamptz FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE
SET {count} = mine.{count} + 1, {time} = GREATEST(mine.{time}, excluded.{time})

-- name: cap_of
SELECT campaign.frequency_cap, campaign.frequency_unit, campaign.frequency_period, campaign.frequency_rule,
    organization.time_zone
FROM campaigns_adcampaign campaign
JOIN customers_organization organization ON organization.id = campaign.organization_id
WHERE campaign.id = %s::bigint

-- name: engaged
${customer_lock_key_share}
INSERT INTO campaigns_participation AS mine
    (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
SELECT %s::bigint, customer.id, %s::bigint, 1, %s::date, %s::smallint FROM customer
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET ${count_capped} WHERE ${has_room_cap_s_bigint}

-- fragment: lock
-- Locks participations in their order, making those that are missing.
INSERT INTO campaigns_participation AS mine (organization_id, customer_id, campaign_id)
SELECT %s::bigint, pair.customer_id, pair.campaign_id
FROM jsonb_to_recordset(%s::jsonb) AS pair (customer_id bigint, campaign_id bigint)
ORDER BY pair.customer_id, pair.campaign_id
ON CONFLICT (customer_id, campaign_id) DO UPDATE SET seen_count = mine.seen_count
