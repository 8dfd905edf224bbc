-- name: find_wrong_delivery_counts
-- Deliveries whose stored counts are not those of their recipients. Locks nothing, like all checks.
SELECT delivery.organization_id, format('delivery %%s says {shown}, its recipients are {shown}', delivery.id, {stored},
    {actual}) AS sentence
FROM campaigns_delivery delivery LEFT JOIN (
    SELECT delivery_id, count(*) AS audience, {sums} FROM campaigns_recipient
    WHERE delivery_id IS NOT NULL GROUP BY delivery_id
) recipient ON recipient.delivery_id = delivery.id
WHERE delivery.recipients_removed_at IS NULL AND ({stored}) IS DISTINCT FROM ({actual})

-- name: find_wrong_chunk_counts
-- Deliveries whose stored counts of chunks are not those of their chunks.
SELECT delivery.organization_id, format('delivery %%s counts %%s of %%s chunks as done, there are %%s of %%s',
    delivery.id, delivery.chunks_done, delivery.chunks, COALESCE(part.done, 0), COALESCE(part.number, 0)) AS sentence
FROM campaigns_delivery delivery LEFT JOIN (
    SELECT delivery_id, count(*) AS number, count(done_at) AS done FROM campaigns_audiencechunk GROUP BY delivery_id
) part ON part.delivery_id = delivery.id
WHERE delivery.chunks_removed_at IS NULL
AND (delivery.chunks, delivery.chunks_done) IS DISTINCT FROM (COALESCE(part.number, 0), COALESCE(part.done, 0))

-- name: find_unsettled_recipients
-- Complete deliveries with recipients that are not settled.
SELECT delivery.organization_id, format('delivery %%s is complete, and %%s recipients are not settled', delivery.id,
    count(*)) AS sentence
FROM campaigns_delivery delivery JOIN campaigns_recipient recipient ON recipient.delivery_id = delivery.id
WHERE delivery.state = 'complete' AND recipient.state IN ('pending', 'leased')
GROUP BY delivery.organization_id, delivery.id

-- name: find_duplicate_recipients
-- Customers who are several recipients of one delivery.
SELECT organization_id, format('customer %%s is %%s recipients of delivery %%s', customer_id, count(*), delivery_id)
    AS sentence
FROM campaigns_recipient WHERE delivery_id IS NOT NULL
GROUP BY organization_id, delivery_id, customer_id HAVING count(*) > 1

-- name: find_overlapping_chunks
-- A customer is in one chunk only.
SELECT organization_id, format('chunk %%s of delivery %%s begins at customer %%s, where the one before it ends at %%s',
    id, delivery_id, first_id, last_before) AS sentence
FROM (
    SELECT *, lag(last_id) OVER (PARTITION BY delivery_id ORDER BY number) AS last_before FROM campaigns_audiencechunk
) part
WHERE first_id <= last_before OR last_id < first_id

-- name: find_recipients_of_other_creatives
-- A recipient's creative is also its delivery's creative.
SELECT recipient.organization_id, format('recipient %%s is of creative %%s, its delivery %%s of creative %%s',
    recipient.key, recipient.creative_id, delivery.id, delivery.creative_id) AS sentence
FROM campaigns_recipient recipient JOIN campaigns_delivery delivery ON delivery.id = recipient.delivery_id
WHERE recipient.creative_id <> delivery.creative_id

-- name: find_creatives_without_delivery
-- A live scheduled creative below live levels has a delivery for its time, in whatever state.
SELECT creative.organization_id, format('creative %%s is live and scheduled for %%s, and has no delivery', creative.id,
    creative.scheduled_delivery_date) AS sentence
FROM campaigns_adunit creative ${levels_above_creative}
WHERE creative.delivery_method = 'scheduled' AND ${levels_are_live}
AND NOT EXISTS (SELECT FROM campaigns_delivery delivery
    WHERE delivery.creative_id = creative.id AND delivery.scheduled_for = creative.scheduled_delivery_date)
