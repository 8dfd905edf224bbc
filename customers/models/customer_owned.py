"""Rows that hang on a customer, and where they go when two customers turn out to be one, or one is deleted."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any

from django.db import models
from psycopg import sql

from customers.tenancy import TenantModel


class Turn(IntEnum):
    """The order in which a merge moves, and deleting deletes, what hangs on customers: that of everybody's locks."""

    OFFERS = 0
    PARTICIPATIONS = 1
    OTHERS = 2
    RECIPIENTS = 3


class CustomerOwned(TenantModel):
    """A row of one customer. A merge moves it to the customer who lives on; no row is ever lost that way."""

    turn = Turn.OTHERS
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """Give all rows of one customer to another; override where two rows may have to become one."""
        cls._base_manager.filter(customer_id=from_id).update(customer_id=to_id)

    @classmethod
    def may_have_rows(cls) -> sql.Composable:
        """In SQL, whether the customer of `%(customer)s`, whose row is locked, may have rows now or until it is not.

        A foreign key that the database checks lets none come to a locked customer; without one there always may be.
        """
        key: Any = cls._meta.get_field("customer")
        if not key.db_constraint:
            return sql.SQL("true")
        question = sql.SQL("EXISTS (SELECT FROM {} WHERE customer_id = %(customer)s::bigint)")
        return question.format(sql.Identifier(cls._meta.db_table))

    @classmethod
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Delete all rows of customers who are to be deleted; override where others hang on them, or count them."""
        rows = cls._base_manager.filter(customer_id__in=customer_ids)
        rows._raw_delete(rows.db)  # noqa: SLF001 (nothing hangs on them, and nobody has to be told)
