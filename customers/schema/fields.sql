-- name: has_shared_value
-- Whether two customers share a value of a field; served by the field's index if there is one. Locks nothing.
SELECT EXISTS (
    SELECT FROM customers_customer WHERE organization_id = %(organization)s::bigint
    AND attributes ->> %(name)s::text IS NOT NULL
    GROUP BY attributes ->> %(name)s::text HAVING count(*) > 1
)
