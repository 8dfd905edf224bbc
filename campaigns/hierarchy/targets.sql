-- fragment: targets_as_json
-- Targets of one owner in their order, as the text of a JSON array; null where there is none.
json_agg(json_build_object('attribute', attribute, 'operator', operator, 'values', "values") ORDER BY position)::text

-- name: find_targets_of_groups
-- The targets of creative groups by their ids; no locks.
SELECT creative_group_id, ${targets} FROM campaigns_adtarget
WHERE creative_group_id = ANY(%s::bigint[]) GROUP BY creative_group_id
