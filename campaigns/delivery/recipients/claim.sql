-- name: claim_recipients
-- Leases pending recipients that are due, with what the channel needs of their customers. `{whose}` selects a delivery's
-- or a creative's. Who has withdrawn consent is skipped. A reference names the destination that may have the message
-- already: another one could not recognise its key, so the recipient is ambiguous. Locks recipients that nobody has
-- locked, then the delivery.
WITH next AS MATERIALIZED (
    SELECT recipient.key, recipient.customer_id, recipient.reference FROM campaigns_recipient recipient
    WHERE recipient.state = 'pending' AND recipient.due_at <= now() AND {whose}
    ORDER BY recipient.due_at LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED
), asked AS (
    SELECT next.key, next.reference IS NOT NULL AS is_uncertain, customer.id, customer.uuid, customer.external_id,
        customer.attributes, CASE WHEN next.reference <> %(destination)s::varchar THEN 'ambiguous'
            WHEN customer.consent AND {consent} THEN 'leased' ELSE 'skipped' END AS state
    FROM next LEFT JOIN customers_customer customer ON customer.id = next.customer_id
), claimed AS (
    UPDATE campaigns_recipient recipient SET
        state = asked.state, error = CASE asked.state WHEN 'ambiguous' THEN %(elsewhere)s::varchar
            WHEN 'skipped' THEN %(withdrawn)s::varchar END,
        reference = CASE WHEN asked.state = 'leased' THEN NULLIF(%(destination)s::varchar, '')
            ELSE recipient.reference END,
        lease_token = %(lease_token)s::bigint, due_at = now() + make_interval(secs => %(seconds)s::double precision),
        attempts = recipient.attempts + 1,
        tried_since = CASE WHEN recipient.delivery_id IS NULL THEN COALESCE(recipient.tried_since, now()) END
    FROM asked WHERE recipient.key = asked.key
    RETURNING recipient.key, recipient.state, recipient.delivery_id, asked.id, asked.uuid, asked.external_id,
        asked.attributes::text, asked.is_uncertain
), settled AS (
    UPDATE campaigns_delivery delivery
    SET skipped = delivery.skipped + lost.skipped, ambiguous = delivery.ambiguous + lost.ambiguous
    FROM (
        SELECT delivery_id, count(*) FILTER (WHERE state = 'skipped') AS skipped,
            count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
        FROM claimed WHERE state <> 'leased' GROUP BY delivery_id
    ) lost WHERE delivery.id = lost.delivery_id
)
SELECT claimed.key, claimed.id, claimed.uuid, claimed.external_id, claimed.attributes, {tokens}, claimed.state = 'leased',
    claimed.is_uncertain
FROM claimed ORDER BY claimed.key

-- name: renew_recipient_leases
-- Extends leases once a third of them is over, and returns a row while the delivery is delivering. Locks the recipients.
WITH renewed AS (
    UPDATE campaigns_recipient SET due_at = now() + make_interval(secs => %(seconds)s::int)
    WHERE lease_token = %(lease_token)s::bigint AND state = 'leased'
    AND due_at < now() + make_interval(secs => %(seconds)s::int * 2 / 3)
)
SELECT 1 WHERE %(delivery)s::bigint IS NULL
OR EXISTS (SELECT FROM campaigns_delivery WHERE id = %(delivery)s::bigint AND state = 'delivering')
