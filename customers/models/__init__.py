"""The rows of who calls and who is served."""

from customers.models.application import Application
from customers.models.customer import Customer
from customers.models.customer_field import CustomerField
from customers.models.operator import Operator
from customers.models.organization import Organization

__all__ = ["Application", "Customer", "CustomerField", "Operator", "Organization"]
