-- name: find_unknown_offers
-- Offers of creatives that don't exist. Locks nothing, like all checks.
SELECT creative.organization_id,
    format('creative %%s names offer %%s, which is not there', creative.id, guid) AS sentence
FROM campaigns_adunit creative CROSS JOIN unnest(creative.offer_ids) guid
WHERE creative.deleted_at IS NULL AND NOT EXISTS (SELECT FROM campaigns_offer offer
    WHERE offer.organization_id = creative.organization_id AND offer.guid = guid)
