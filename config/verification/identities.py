"""Each identifier resolves to one customer, and related rows belong to the same customer."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

FIND_AMBIGUOUS_IDS = SQL("find_ambiguous_ids")
FIND_SHARED_UNIQUE_VALUES = SQL("find_shared_unique_values")
FIND_OTHER_CUSTOMER = """
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
    Check("one customer for an id", FIND_AMBIGUOUS_IDS),
    Check("unique fields are unique", FIND_SHARED_UNIQUE_VALUES),
    *(
        Check(
            f"one customer in {child}.{column}", FIND_OTHER_CUSTOMER.format(child=child, column=column, parent=parent)
        )
        for child, column, parent in OF_ONE_CUSTOMER
    ),
)
