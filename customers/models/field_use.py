"""Rows that name fields of the customer schema: what they say loses its meaning where a field goes away."""

from collections.abc import Iterator

from customers.tenancy import TenantModel


class NamesFields(TenantModel):
    """A row that may name fields. A field that one of them uses keeps its name, and stays."""

    class Meta:
        abstract = True

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Where living rows of an organization use a field, a phrase each: `a target of the campaign "Spring"`."""
        raise NotImplementedError

    @classmethod
    def forget_field(cls, *, organization_id: int, name: str) -> None:
        """Let go of a field that is deleted although rows that are over name it; override where that needs doing."""
