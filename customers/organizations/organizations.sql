-- name: bump_version
-- Raises an organization's version, notes what changed and forgets old notes. Locks the organization first, so only one
-- transaction at a time writes its notes.
WITH raised AS (
    UPDATE customers_organization SET version = version + 1 WHERE id = %s::bigint RETURNING id, version
), forgotten AS (
    DELETE FROM customers_definitionchange old USING raised
    WHERE old.organization_id = raised.id AND old.version <= raised.version - ${remembered}
)
INSERT INTO customers_definitionchange (organization_id, version, marks)
SELECT id, version, %s::jsonb FROM raised RETURNING version
