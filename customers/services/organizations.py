"""Organizations and their version stamp."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers.errors import invalid
from customers.models import Organization
from customers.models.organization import validate_time_zone
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


def save_organization(*, organization: Organization, changes: Mapping[str, Any]) -> Organization:
    """Change `name`, `time_zone` or `default_consent` of an organization, or make one that is not yet there.

    DomainError `validation` for a name that is taken or a time zone that is none. The time zone decides when caps and
    windows begin, so the version is raised.
    """
    for name, value in changes.items():
        setattr(organization, name, value)
    try:
        validate_time_zone(organization.time_zone)
    except ValidationError as error:
        raise invalid(time_zone=error.messages[0]) from error
    is_new = organization.pk is None
    try:
        with transaction.atomic():
            organization.save(update_fields=None if is_new else list(changes))
            if not is_new:
                raise_version(organization=organization)
    except IntegrityError as error:
        raise invalid(name="Another organization has this name.") from error
    return organization


def raise_version(*, organization: Organization) -> None:
    """Say that what decisions are made from has changed.

    Call it last in the writing transaction: the row stays locked until that commits, so a reader who sees the new
    stamp sees the write, and writers of one organization wait for each other only for the length of a commit.
    """
    RAISE_VERSION.rows([organization.pk])
