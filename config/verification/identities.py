"""Each identifier finds one customer, and what belongs together is the same customer's."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

ALIAS_OF_A_CUSTOMER = SQL("alias_of_a_customer")
UNIQUE_VALUE = SQL("unique_value")
SAME_CUSTOMER = """
SELECT child.organization_id, format('{child} %%s is customer %%s''s, its {column} %%s customer %%s''s', child.id,
    child.customer_id, child.{column}, parent.customer_id) AS sentence
FROM {child} child JOIN {parent} parent ON parent.id = child.{column} WHERE parent.customer_id <> child.customer_id
"""
OF_ONE_CUSTOMER = (
    ("campaigns_pointsentry", "completion_id", "campaigns_completion"),
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
