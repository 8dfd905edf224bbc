-- name: unknown_offers
SELECT unit.organization_id, format('creative %%s names offer %%s, which is not there', unit.id, guid) AS sentence
FROM campaigns_adunit unit CROSS JOIN unnest(unit.offer_ids) guid
WHERE unit.deleted_at IS NULL AND NOT EXISTS (SELECT FROM campaigns_offer offer
    WHERE offer.organization_id = unit.organization_id AND offer.guid = guid)
