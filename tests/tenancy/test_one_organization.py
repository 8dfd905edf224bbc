"""What a row points to is of its organization: the database refuses anything else, in every table that there is."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ProjectState

from campaigns.models import Achievement, AudienceChunk, Delivery, Outcome, Recipient, TriggeredEvent
from customers.models import Application, Customer
from customers.models.broken_constraint import broken_constraint
from customers.tenancy import ParentInOrganization, TenantModel, WatchedInOrganization, WithinOrganization
from funnels.models import Funnel, FunnelEntry, FunnelVersion
from tests.admin.everything import Everything, keep, make_everything
from tests.config.plants import CONSTRAINTS
from tests.factories import unique

pytestmark = pytest.mark.django_db
Key = tuple[type[models.Model], "models.ForeignKey[Any, Any]"]
# Where triggers stand in for foreign keys (docs/decisions/0090).
WATCHED = {
    "campaigns_recipient.customer_id",
    "campaigns_recipient.delivery_id",
    "campaigns_recipient.creative_id",
    "funnels_funnelentry.interaction_id",
}
FOREIGN_KEYS = """
SELECT constrained.conrelid::regclass || '.' || kept.attname FROM pg_constraint constrained
JOIN pg_attribute kept ON kept.attrelid = constrained.conrelid AND kept.attnum = constrained.conkey[2]
JOIN pg_attribute whose ON whose.attrelid = constrained.conrelid AND whose.attnum = constrained.conkey[1]
JOIN pg_attribute theirs ON theirs.attrelid = constrained.confrelid AND theirs.attnum = constrained.confkey[1]
JOIN pg_attribute id ON id.attrelid = constrained.confrelid AND id.attnum = constrained.confkey[2]
WHERE contype = 'f' AND convalidated AND cardinality(constrained.conkey) = 2
AND whose.attname = 'organization_id' AND theirs.attname = 'organization_id' AND id.attname = 'id'
"""
SIMPLE = """
SELECT conrelid::regclass || '.' || attname FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f' AND cardinality(conkey) = 1
"""
TRIGGERS = "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal"
INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique AND NOT indisprimary
AND indexrelid::regclass::text NOT LIKE '%%_in_organization'
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def _keys() -> Iterator[Key]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            parent = field.related_model
            if not isinstance(field, models.ForeignKey) or not isinstance(parent, type):
                continue
            if _has_organization(model) and _has_organization(parent):
                yield model, field


def _has_organization(model: type[models.Model]) -> bool:
    return any(field.column == "organization_id" for field in model._meta.concrete_fields)


def _place(key: Key) -> str:
    return f"{key[0]._meta.db_table}.{key[1].column}"


KEYS = list(_keys())


def _told(query: str, *values: Any) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def ours() -> Everything:
    """One organization with a row of each kind."""
    return _made()


@pytest.fixture
def theirs() -> Everything:
    """A rival's."""
    return _made()


def _made() -> Everything:
    made = make_everything()
    own: dict[str, Any] = {"organization": made.organization}
    event = TriggeredEvent.objects.create(**own, name=unique("event"))
    delivery = made.of(Delivery)
    keep(made, event, AudienceChunk.objects.create(**own, delivery=delivery, number=0, first_id=1, last_id=2))
    keep(made, FunnelVersion.objects.get(pk=made.of(Funnel).version_id))
    return made


def test_every_key_within_an_organization_is_held() -> None:
    assert all(issubclass(model, TenantModel) for model, _ in KEYS)
    held = _told(FOREIGN_KEYS)
    places = {_place(key) for key in KEYS}
    assert len(places) > 60
    assert places - held == WATCHED
    triggers = _told(TRIGGERS)
    for table in {place.partition(".")[0] for place in WATCHED}:
        assert {f"{table}.{table}_added", f"{table}.{table}_moved"} <= triggers
    for model, field in KEYS:
        if _place((model, field)) in WATCHED:
            parent = field.related_model._meta.db_table
            assert f"{parent}.{parent}_stays" in triggers


def test_no_key_is_checked_twice() -> None:
    simple = _told(SIMPLE) & {_place(key) for key in KEYS}
    assert simple == {"funnels_funnelentry.interaction_id"}


def test_a_row_of_another_organization_is_refused(ours: Everything, theirs: Everything) -> None:
    connection.check_constraints()
    wrong = {}
    for model, field in KEYS:
        table, parent = model._meta.db_table, theirs.of(field.related_model)
        with pytest.raises(IntegrityError) as refused:
            _change(model, ours.of(model).pk, alone=True, **{field.attname: parent.pk})
        said = broken_constraint(refused.value)
        if said not in {f"{table}_{field.column}_within", f"{table}_moved"}:
            wrong[_place((model, field))] = said
    assert not wrong


@transaction.atomic
def _change(model: Any, pk: Any, *, alone: bool = False, **values: Any) -> None:
    """Change a row; `alone`: without what its table holds beside its keys, which would speak first."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for constraint in _told(CONSTRAINTS, table) if alone else ():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {connection.ops.quote_name(constraint)}")
        for index in _told(INDEXES, table) if alone else ():
            cursor.execute(f"DROP INDEX {index}")
    model._base_manager.filter(pk=pk).update(**values)
    connection.check_constraints()


@pytest.mark.parametrize("model", [Recipient, FunnelEntry])
def test_rows_that_are_added_are_looked_at_together(ours: Everything, theirs: Everything, model: Any) -> None:
    mine, other = ours.of(model), theirs.of(model)
    foreign = [key for key in KEYS if key[0] is model and _place(key) in WATCHED]
    mine.delete()
    for _, field in foreign:
        wrong = model._base_manager.model(
            **{
                each.attname: getattr(mine, each.attname)
                for each in model._meta.concrete_fields
                if not each.primary_key
            }
        )
        setattr(wrong, field.attname, getattr(other, field.attname))
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            model.objects.bulk_create([wrong])
        assert broken_constraint(refused.value) == f"{model._meta.db_table}_added"
        assert f"{field.column} " in str(refused.value)
    assert len(foreign) == len([place for place in WATCHED if place.startswith(model._meta.db_table)])


@pytest.mark.parametrize("model", [Customer, Delivery, Application], ids=lambda model: str(model.__name__))
def test_a_row_stays_in_its_organization(ours: Everything, theirs: Everything, model: Any) -> None:
    with pytest.raises(IntegrityError):
        _change(model, ours.of(model).pk, organization_id=theirs.organization.pk)


def test_null_references_belong_to_no_organization(ours: Everything) -> None:
    behavior = ours.of(Achievement)
    assert behavior.composite_id is None
    outcome = Outcome.objects.create(
        organization=ours.organization, achievement=behavior, event=ours.of(TriggeredEvent)
    )
    connection.check_constraints()
    assert Outcome.objects.filter(pk=outcome.pk, creative=None, offer=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_was_cut_off_is_done_again() -> None:
    chunk, delivery = "campaigns_audiencechunk", "campaigns_delivery"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {delivery}_in_organization CASCADE")
        cursor.execute(f"CREATE UNIQUE INDEX {delivery}_in_organization ON {delivery} (organization_id, id)")
        cursor.execute(
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{delivery}_in_organization'::regclass"
        )
        cursor.execute(f"ALTER TABLE {chunk} ADD CONSTRAINT old FOREIGN KEY (delivery_id) REFERENCES {delivery} (id)")
    operations = [
        ParentInOrganization("delivery"),
        WithinOrganization("audiencechunk", "delivery"),
        WatchedInOrganization("recipient", "customer", "delivery", "creative"),
    ]
    for operation in operations * 2:
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("campaigns", editor, _State(), _State())
    assert f"{chunk}.delivery_id" in _told(FOREIGN_KEYS)
    assert f"{chunk}.delivery_id" not in _told(SIMPLE)


class _State(ProjectState):
    """The models as they are."""

    @property
    def apps(self) -> Any:
        """All of them."""
        return apps
