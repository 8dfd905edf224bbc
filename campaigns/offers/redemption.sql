-- name: redeem
-- Of two at the same moment the second waits for the first, and then finds nothing left to redeem.
UPDATE campaigns_issuedoffer SET redeemed_at = %(now)s::timestamptz
WHERE id = %(issued_offer)s::bigint AND organization_id = %(organization)s::bigint
    AND customer_id = %(customer)s::bigint AND redeemed_at IS NULL
    AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
