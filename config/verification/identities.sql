-- name: find_ambiguous_ids
-- Ids that are both a customer's and an alias.
SELECT alias.organization_id, format('alias %%s and customer %%s are both found by %%s %%s', alias.id, customer.id,
    CASE WHEN customer.uuid = alias.uuid THEN 'uuid' ELSE 'external id' END,
    CASE WHEN customer.uuid = alias.uuid THEN alias.uuid::text ELSE alias.external_id END) AS sentence
FROM customers_customeralias alias JOIN customers_customer customer
    ON customer.uuid = alias.uuid
    OR (customer.organization_id = alias.organization_id AND customer.external_id = alias.external_id)

-- name: find_shared_unique_values
-- Values of unique fields that several customers share. Locks nothing, like all checks.
SELECT field.organization_id, format('customers %%s have the same %%s', string_agg(customer.id::text, ', '
    ORDER BY customer.id), field.name) AS sentence
FROM customers_customerfield field JOIN customers_customer customer
    ON customer.organization_id = field.organization_id AND customer.attributes ? field.name
WHERE field.unique
GROUP BY field.organization_id, field.name, customer.attributes -> field.name HAVING count(*) > 1
