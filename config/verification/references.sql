-- name: find_broken_references
-- The places are names of tables and columns.
SELECT child.organization_id,
    format('{child} %%s has {column} %%s, ', child.{child_key}, child.{column}) || CASE
        WHEN parent.{parent_key} IS NULL THEN 'which is not there'
        ELSE format('which is organization %%s''s', parent.{owner}) END AS sentence
FROM {child} child LEFT JOIN {parent} parent ON parent.{parent_key} = child.{column}
WHERE child.{column} IS NOT NULL
AND (parent.{parent_key} IS NULL OR parent.{owner} <> child.organization_id){unless}
