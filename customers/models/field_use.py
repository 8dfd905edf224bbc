"""Rows that name fields of the customer schema, and lose their meaning without them."""

from collections.abc import Iterator

from customers.tenancy import TenantModel


class NamesFields(TenantModel):
    """A row that may name fields. A field that a row uses can't be renamed or deleted."""

    class Meta:
        abstract = True

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Where rows of an organization that are not deleted use a field, a phrase each: `a target of the campaign
        "Spring"`.
        """
        raise NotImplementedError

    @classmethod
    def forget_field(cls, *, organization_id: int, name: str) -> None:
        """Forget a field that is being deleted although deleted rows name it; override if there is something to do."""
