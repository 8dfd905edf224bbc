"""The rows of who calls and who is served."""

from customers.models.alias import CustomerAlias
from customers.models.application import Application
from customers.models.customer import Customer
from customers.models.customer_field import CustomerField
from customers.models.customer_owned import CustomerOwned
from customers.models.operator import Operator
from customers.models.organization import Organization
from customers.models.push_token import PushToken

__all__ = [
    "Application",
    "Customer",
    "CustomerAlias",
    "CustomerField",
    "CustomerOwned",
    "Operator",
    "Organization",
    "PushToken",
]
