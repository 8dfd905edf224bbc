-- name: shared
-- One value that several customers have; an index that stands already finds it at once.
SELECT EXISTS (
    SELECT FROM customers_customer WHERE organization_id = %(organization)s::bigint
    AND attributes ->> %(name)s::text IS NOT NULL
    GROUP BY attributes ->> %(name)s::text HAVING count(*) > 1
)
