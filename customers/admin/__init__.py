"""The admin of who calls and who is served."""

from customers.admin.application import ApplicationAdmin
from customers.admin.customer import CustomerAdmin, CustomerFieldAdmin
from customers.admin.operator import OperatorAdmin
from customers.admin.organization import OrganizationAdmin

__all__ = ["ApplicationAdmin", "CustomerAdmin", "CustomerFieldAdmin", "OperatorAdmin", "OrganizationAdmin"]
