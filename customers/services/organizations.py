"""Organizations and their version stamp."""

from django.db import transaction

from customers.errors import invalid
from customers.models import Organization
from customers.queries.prepared import PreparedStatement

MAXIMUM_NAME = 255

RAISE_VERSION = PreparedStatement(
    "UPDATE customers_organization SET version = version + 1 WHERE id = %s::bigint RETURNING version"
)


@transaction.atomic
def get_or_create_organization(*, name: str) -> Organization:
    """The organization of that name, made where it is missing."""
    if len(name) > MAXIMUM_NAME or not name.strip():
        raise invalid(organization=f"A name of 1 to {MAXIMUM_NAME} characters is expected.")
    return Organization.objects.get_or_create(name=name)[0]


def raise_version(*, organization: Organization) -> None:
    """Say that what decisions are made from has changed.

    Call it last in the writing transaction: the row stays locked until that commits, so a reader who sees the new
    stamp sees the write, and writers of one organization wait for each other only for the length of a commit.
    """
    RAISE_VERSION.rows([organization.pk])
