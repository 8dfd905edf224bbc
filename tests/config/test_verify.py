"""`manage.py verify` finds each kind of unsound data, and nothing in sound data."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import InternalError, models

from config.verification import Check, all_checks, findings
from config.verification.references import references
from tests.config.plants import PLANTS, insert
from tests.factories import make_organization

pytestmark = pytest.mark.django_db
HERE, THERE = 7, 2**40
REFERENCES = {check.name: check for check in references()}
OTHERS = {check.name: check for check in all_checks() if check.name not in REFERENCES}
# Each key that the database does not check itself.
UNCHECKED = {
    f"{model._meta.db_table}.{field.column}"
    for model in apps.get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, models.ForeignKey) and not getattr(field, "db_constraint", True)
}


def _parts(check: Check) -> tuple[str, str, str, "models.Field[Any, Any]"]:
    """Table and column of a foreign key, its table's primary key, and the key that it points to."""
    table, column = check.name.removeprefix("reference ").split(".")
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    assert model._meta.pk is not None
    assert isinstance(field.related_model, type)
    assert field.related_model._meta.pk is not None
    return table, column, str(model._meta.pk.column), field.related_model._meta.pk


def _key(table: str) -> Any:
    """A primary key for a row of the table."""
    return "00000000-0000-0000-0000-000000000007" if table == "campaigns_recipient" else HERE


def _plant_reference(check: Check, *, owner: int | None) -> int:
    """A row of one organization that points to one of `owner`, or (None) to nothing; whose the row is."""
    organization = make_organization().pk
    table, column, key, parent = _parts(check)
    if column == "organization_id":
        insert(table, **{key: _key(table), column: THERE})
        return THERE
    if owner is not None:
        insert(parent.model._meta.db_table, **{str(parent.column): THERE, "organization_id": owner})
    insert(table, **{key: _key(table), "organization_id": organization, column: THERE})
    return organization


@pytest.mark.parametrize("name", [f"reference {place}" for place in sorted(UNCHECKED)])
def test_a_row_that_points_to_nothing_is_found(name: str) -> None:
    owner = _plant_reference(REFERENCES[name], owner=None)
    (finding,) = findings(REFERENCES[name])
    assert finding.organization_id == owner
    assert f"{THERE}, which is not there" in finding.sentence


@pytest.mark.parametrize("name", [name for name in REFERENCES if not name.endswith(".organization_id")])
def test_a_row_below_another_organizations_row_is_found(name: str) -> None:
    rival = make_organization().pk
    owner = _plant_reference(REFERENCES[name], owner=rival)
    (finding,) = findings(REFERENCES[name])
    assert finding.organization_id == owner
    assert f"{THERE}, which is organization {rival}'s" in finding.sentence


@pytest.mark.parametrize("name", OTHERS)
def test_each_kind_of_unsound_data_is_found(name: str) -> None:
    organization = make_organization()
    assert not list(findings(OTHERS[name]))
    PLANTS[name](organization.pk)
    (finding,) = findings(OTHERS[name])
    assert finding.organization_id == organization.pk


def test_every_check_has_a_plant() -> None:
    assert set(OTHERS) == set(PLANTS)


def test_keys_that_the_database_does_not_check_are_asked_for() -> None:
    assert {name.removeprefix("reference ") for name in REFERENCES} >= UNCHECKED


def test_only_the_organization_that_is_named_is_looked_at() -> None:
    sound, unsound = make_organization(), make_organization()
    PLANTS["points equal the ledger"](unsound.pk)
    out = StringIO()
    call_command("verify", "--organization", sound.name, stdout=out)
    assert out.getvalue().endswith("checks, nothing wrong\n")
    with pytest.raises(CommandError, match="1 wrong") as caught:
        call_command("verify", "--organization", unsound.name, stdout=out)
    assert caught.value.returncode == 1


def test_an_unknown_organization_is_no_sound_one() -> None:
    with pytest.raises(CommandError, match="no organization 'Nobody'") as caught:
        call_command("verify", "--organization", "Nobody")
    assert caught.value.returncode == 2


def test_of_many_findings_only_some_are_printed_and_all_are_counted() -> None:
    organization = make_organization().pk
    for _ in range(3):
        PLANTS["points equal the ledger"](organization)
    out = StringIO()
    with pytest.raises(CommandError, match="3 wrong"):
        call_command("verify", "--most", "1", stdout=out)
    assert out.getvalue().count("points equal the ledger: organization") == 1
    assert "and 2 more" in out.getvalue()


def test_nothing_can_be_written() -> None:
    sequence = "pg_get_serial_sequence('campaigns_event', 'id')"
    check = Check("writes", f"SELECT 1 AS organization_id, nextval({sequence})::text AS sentence")
    with pytest.raises(InternalError, match="read-only"):
        list(findings(check))


def test_a_number_of_lines_below_0_is_refused() -> None:
    with pytest.raises(CommandError, match="from 0"):
        call_command("verify", "--most", "-1")
