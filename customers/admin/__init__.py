"""The admin of who calls and who is served."""

from customers.admin.application import ApplicationAdmin
from customers.admin.customer import CustomerAdmin, CustomerAliasAdmin, CustomerFieldAdmin, PushTokenAdmin
from customers.admin.operator import GroupAdmin, OperatorAdmin
from customers.admin.organization import OrganizationAdmin

__all__ = [
    "ApplicationAdmin",
    "CustomerAdmin",
    "CustomerAliasAdmin",
    "CustomerFieldAdmin",
    "GroupAdmin",
    "OperatorAdmin",
    "OrganizationAdmin",
    "PushTokenAdmin",
]
