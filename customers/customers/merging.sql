-- name: replace_customer_by_alias
-- Deletes a merged customer (whose row is locked) and keeps its ids as aliases of the surviving one. `merged_in`, the
-- number of this transaction, tells whoever has a snapshot whether the merge came after it.
WITH gone AS (
    DELETE FROM customers_customer WHERE id = %(source)s::bigint
    RETURNING organization_id, COALESCE(external_id, uuid::text) AS external_id, uuid, id
)
INSERT INTO customers_customeralias (organization_id, customer_id, external_id, uuid, former_id, merged_in)
SELECT organization_id, %(target)s::bigint, external_id, uuid, id, pg_current_xact_id()::text::bigint FROM gone
