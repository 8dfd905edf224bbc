"""The rows of who calls and who is served."""

from customers.models.alias import CustomerAlias
from customers.models.application import Application
from customers.models.customer import Customer
from customers.models.customer_field import CustomerField
from customers.models.customer_owned import CustomerOwned
from customers.models.definition_change import DefinitionChange
from customers.models.field_use import NamesFields
from customers.models.minute_count import MinuteCount
from customers.models.operator import Operator
from customers.models.organization import Organization
from customers.models.push_token import PushToken
from customers.models.retention_mark import RetentionMark
from customers.models.retired_field import RetiredField

__all__ = [
    "Application",
    "Customer",
    "CustomerAlias",
    "CustomerField",
    "CustomerOwned",
    "DefinitionChange",
    "MinuteCount",
    "NamesFields",
    "Operator",
    "Organization",
    "PushToken",
    "RetentionMark",
    "RetiredField",
]
