"""Organizations and their version stamp."""

from collections.abc import Iterable, Mapping
from typing import Any

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

# How many raises are remembered for each organization: who has kept something older loads all of it again.
REMEMBERED = 1000
# A raise that names more rows than this says that everything has changed.
MAXIMUM_MARKS = 1000
# A label that no model has, hence one that no reader knows.
EVERYTHING = "everything"
# The row of the organization is locked first; what is written and forgotten here is written by nobody else meanwhile.
RAISE_VERSION = PreparedStatement(SQL("bump_version", remembered=REMEMBERED))
Changed = Mapping[Any, Iterable[int]]  # by model


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
                # Nothing is compiled from these; each request reads them together with the stamp.
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
        # Django's own way to name a model, public by its documentation.
        named = {model._meta.label_lower: sorted(ids) for model, ids in changed.items()}  # noqa: SLF001
        if sum(map(len, named.values())) <= MAXIMUM_MARKS:
            marks = named
    RAISE_VERSION.rows([organization.pk, orjson.dumps(marks).decode()])
