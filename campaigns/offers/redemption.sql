-- name: redeem_offer
-- Redeems an issued offer that is open, and locks it: of two at once the second waits, and finds nothing to redeem.
UPDATE campaigns_issuedoffer SET redeemed_at = %(now)s::timestamptz
WHERE id = %(issued_offer)s::bigint AND organization_id = %(organization)s::bigint
    AND customer_id = %(customer)s::bigint AND redeemed_at IS NULL
    AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
