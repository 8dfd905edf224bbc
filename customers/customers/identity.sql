-- name: give_up
-- The number of this transaction says to whoever has a snapshot whether it came after.
WITH gone AS (
    DELETE FROM customers_customer WHERE id = %(source)s::bigint
    RETURNING organization_id, COALESCE(external_id, uuid::text) AS external_id, uuid, id
)
INSERT INTO customers_customeralias (organization_id, customer_id, external_id, uuid, former_id, merged_in)
SELECT organization_id, %(target)s::bigint, external_id, uuid, id, pg_current_xact_id()::text::bigint FROM gone
