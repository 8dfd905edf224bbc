"""Rows that belong to a customer, and what becomes of them when two customers are merged or one is deleted."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any

from django.db import models
from psycopg import sql

from customers.tenancy import TenantModel


class LockOrder(IntEnum):
    """The order in which merging moves, and deletion deletes, a customer's rows (docs/architecture.md, order of
    locks).
    """

    OFFERS = 0
    PARTICIPATIONS = 1
    OTHERS = 2
    RECIPIENTS = 3


class CustomerOwned(TenantModel):
    """A row of one customer. A merge moves it to the surviving customer."""

    lock_order = LockOrder.OTHERS
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """Move all rows of one customer to another; override if two rows may have to become one."""
        cls._base_manager.filter(customer_id=from_id).update(customer_id=to_id)

    @classmethod
    def may_have_rows(cls) -> sql.Composable:
        """In SQL: whether the customer `%(customer)s`, whose row is locked, has rows or may get some while it is
        locked.

        A foreign key in the database keeps new rows out while the customer is locked; without one it is always true.
        """
        key: Any = cls._meta.get_field("customer")
        if not key.db_constraint:
            return sql.SQL("true")
        question = sql.SQL("EXISTS (SELECT FROM {} WHERE customer_id = %(customer)s::bigint)")
        return question.format(sql.Identifier(cls._meta.db_table))

    @classmethod
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Delete all rows of customers who are being deleted; override if other rows refer to them or count them."""
        rows = cls._base_manager.filter(customer_id__in=customer_ids)
        rows._raw_delete(rows.db)
