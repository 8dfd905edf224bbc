"""Rows that hang on a customer, and where they go when two customers turn out to be one, or one is deleted."""

from collections.abc import Collection
from enum import IntEnum

from django.db import models

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
    def delete_rows(cls, *, customer_ids: Collection[int]) -> None:
        """Delete all rows of customers who are to be deleted; override where others hang on them, or count them."""
        rows = cls._base_manager.filter(customer_id__in=customer_ids)
        rows._raw_delete(rows.db)  # noqa: SLF001 (nothing hangs on them, and nobody has to be told)
