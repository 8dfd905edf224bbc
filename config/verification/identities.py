"""Each identifier finds one customer, and what belongs together is the same customer's."""

from config.verification.check import Check

# A customer's row and an alias may not answer to the same id.
ALIAS_OF_A_CUSTOMER = """
SELECT alias.organization_id, format('alias %%s and customer %%s are both found by %%s %%s', alias.id, customer.id,
    CASE WHEN customer.uuid = alias.uuid THEN 'uuid' ELSE 'external id' END,
    CASE WHEN customer.uuid = alias.uuid THEN alias.uuid::text ELSE alias.external_id END) AS sentence
FROM customers_customeralias alias JOIN customers_customer customer
    ON customer.uuid = alias.uuid
    OR (customer.organization_id = alias.organization_id AND customer.external_id = alias.external_id)
"""
UNIQUE_VALUE = """
SELECT field.organization_id, format('customers %%s have the same %%s', string_agg(customer.id::text, ', '
    ORDER BY customer.id), field.name) AS sentence
FROM customers_customerfield field JOIN customers_customer customer
    ON customer.organization_id = field.organization_id AND customer.attributes ? field.name
WHERE field.unique
GROUP BY field.organization_id, field.name, customer.attributes -> field.name HAVING count(*) > 1
"""
SAME_CUSTOMER = """
SELECT child.organization_id, format('{child} %%s is customer %%s''s, its {column} %%s customer %%s''s', child.id,
    child.customer_id, child.{column}, parent.customer_id) AS sentence
FROM {child} child JOIN {parent} parent ON parent.id = child.{column} WHERE parent.customer_id <> child.customer_id
"""
OF_ONE_CUSTOMER = (
    ("campaigns_pointsentry", "earning_id", "campaigns_earning"),
    ("funnels_funnelentry", "interaction_id", "campaigns_interaction"),
    ("funnels_eventoccurrence", "trace_id", "traces_trace"),
)

IDENTITIES = (
    Check("one customer for an id", ALIAS_OF_A_CUSTOMER),
    Check("unique fields are unique", UNIQUE_VALUE),
    *(
        Check(f"one customer in {child}.{column}", SAME_CUSTOMER.format(child=child, column=column, parent=parent))
        for child, column, parent in OF_ONE_CUSTOMER
    ),
)
