-- name: lock_next_due_delivery
-- The next delivery of a state that is due, with its times; locks it, and waits for nobody.
SELECT delivery.id, GREATEST(delivery.scheduled_for, ${levels_start_at}),
    ${levels_end_at}, creative.lateness_window
${due_deliveries} AND delivery.state = %(state)s::varchar
AND (delivery.state <> 'scheduled' OR ${no_caps_owed})
ORDER BY delivery.scheduled_for, delivery.id LIMIT 1 FOR NO KEY UPDATE OF delivery SKIP LOCKED

-- name: finish_deliveries
-- Completes locked deliveries without pending or leased recipients; locks them. Exports say themselves when they are
-- done; the last of the others' recipients may have been anybody's.
UPDATE campaigns_delivery delivery SET state = 'complete', finished_at = now(), error = ''
FROM campaigns_adunit creative
WHERE delivery.id = ANY(%(deliveries)s::bigint[]) AND creative.id = delivery.creative_id
AND (creative.ad_type <> ALL(%(exports)s::varchar[]) OR delivery.file_rows IS NOT NULL)
AND (SELECT recipient.key FROM campaigns_recipient recipient
    WHERE recipient.delivery_id = delivery.id AND recipient.state = 'pending' ORDER BY recipient.due_at LIMIT 1) IS NULL
AND NOT EXISTS (SELECT FROM campaigns_recipient recipient
    WHERE recipient.delivery_id = delivery.id AND recipient.state = 'leased')
