"""Organizations and their version stamp."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

import orjson
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers.errors import invalid
from customers.models import Organization
from customers.models.organization import validate_time_zone
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

MAXIMUM_NAME = 255

# How many versions' changes are remembered for each organization; a cache that is older loads everything again.
REMEMBERED = 1000
# A change of more rows than this counts as a change of everything.
MAXIMUM_MARKS = 1000
# A label that no model has: readers treat an unknown label as a change of everything.
EVERYTHING = "everything"
BUMP_VERSION = PreparedStatement(SQL("bump_version", remembered=REMEMBERED))
Changed = Mapping[Any, Iterable[int]]  # by model


@transaction.atomic
def get_or_create_organization(*, name: str) -> Organization:
    """The organization with a name, created if missing."""
    if len(name) > MAXIMUM_NAME or not name.strip():
        raise invalid(organization=f"A name of 1 to {MAXIMUM_NAME} characters is expected.")
    return Organization.objects.get_or_create(name=name)[0]


class OrganizationChanges(TypedDict, total=False):
    """What can be changed of an organization."""

    name: str
    time_zone: str
    default_consent: bool


def save_organization(*, organization: Organization, **changes: Unpack[OrganizationChanges]) -> Organization:
    """Change `name`, `time_zone` or `default_consent` of an organization, or create a new one.

    DomainError `validation` for a taken name or an unknown time zone. Caps and windows begin by the time zone, so the
    version is raised.
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
                # Nothing is compiled from these columns; each request reads them together with the version.
                bump_version(organization=organization, changed={})
    except IntegrityError as error:
        raise invalid(name="Another organization has this name.") from error
    return organization


def bump_version(*, organization: Organization, changed: Changed | None = None) -> None:
    """Say that what decisions are made from has changed.

    Call it last in the writing transaction: the row stays locked until that commits, so a reader who sees the new
    stamp sees the write, and writers of one organization wait for each other only for the length of a commit.
    `changed` are the ids of the rows that were made, changed or deleted, by model; a row that moved to another parent
    goes together with the parent that it left. Readers load what hangs on these; without `changed`, everything.
    """
    marks: dict[str, list[int]] = {EVERYTHING: []}
    if changed is not None:
        named = {model._meta.label_lower: sorted(ids) for model, ids in changed.items()}
        if sum(map(len, named.values())) <= MAXIMUM_MARKS:
            marks = named
    BUMP_VERSION.rows([organization.pk, orjson.dumps(marks).decode()])
