"""What a merge keeps, and whom the ids of both stand for afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models import ForeignKey

from campaigns.models import Event, Interaction, Participation
from customers.customers.identity import find_or_create_customer
from customers.customers.lookup import find_customer, find_customer_by_uuid
from customers.customers.merging import identify
from customers.models import Application, Customer, CustomerAlias, CustomerOwned, Organization, PushToken
from tests.contents import contents
from tests.factories import (
    make_anonymous,
    make_application,
    make_campaign,
    make_customer,
    make_interaction,
    make_organization,
    make_trail,
)
from traces.models import Trace, Trail

pytestmark = pytest.mark.django_db
EARLY, LATE = datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)


@pytest.fixture
def application() -> Application:
    """Of the organization whose customers these are."""
    return make_application().application


@pytest.fixture
def organization(application: Application) -> Organization:
    """Whose customers these are."""
    return application.organization


def _identify(anonymous: Customer, customer_id: str | None) -> Customer:
    return identify(organization=anonymous.organization, anonymous=anonymous, customer_id=str(customer_id))


def _found(organization: Organization, customer_id: str | None) -> Customer | None:
    return find_customer(organization=organization, customer_id=str(customer_id))


def test_every_foreign_key_to_a_customer_says_how_it_moves() -> None:
    """A row that a merge doesn't know of would be lost with the customer it hangs on."""
    pointing = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is Customer
    }
    assert {Trace, Interaction, Participation, Event, PushToken, CustomerAlias} <= pointing
    for model in pointing:
        assert issubclass(model, CustomerOwned), model
        names = [f.name for f in model._meta.get_fields() if isinstance(f, ForeignKey) and f.related_model is Customer]
        assert names == ["customer"], model


def test_uniqueness_by_customer_is_settled_by_the_row_itself() -> None:
    """Where two rows may have to become one, the plain move would break the constraint."""
    for model in apps.get_models():
        if issubclass(model, CustomerOwned):
            unique: list[Any] = [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
            if any("customer" in constraint.fields for constraint in unique):
                assert "move_rows" in vars(model), model


def test_everything_moves(application: Application) -> None:
    organization = application.organization
    anonymous, known = make_anonymous(organization), make_customer(organization)
    trail, interaction = make_trail(anonymous, application), make_interaction(anonymous)
    Event.objects.create(organization=organization, customer=anonymous, name="seen", at=EARLY)
    owned = {"organization": organization, "customer": anonymous}
    PushToken.objects.create(**owned, application=application, token="r1", platform="ios")
    CustomerAlias.objects.create(**owned, external_id="older", uuid=make_anonymous(make_organization()).uuid)
    theirs = make_trail(known, application)
    assert _identify(anonymous, known.external_id) == known
    for model in (Trace, Interaction, Event, PushToken, CustomerAlias):
        assert set(model.objects.values_list("customer", flat=True)) == {known.pk}
    assert set(Trail.objects.values_list("pk", flat=True)) == {trail.pk, theirs.pk}
    assert Interaction.objects.get().token == interaction.token
    assert not Customer.objects.filter(pk=anonymous.pk).exists()
    for former in ("older", anonymous.external_id):
        assert _found(organization, former) == known
    assert find_customer_by_uuid(organization=organization, identity=anonymous.uuid) == known


def test_participations_are_added_up(organization: Organization) -> None:
    anonymous, known = make_anonymous(organization), make_customer(organization)
    both, mine = make_campaign(organization), make_campaign(organization)
    of = {"organization": organization}
    Participation.objects.create(
        **of, customer=anonymous, campaign=both, seen_count=3, converted_count=1, last_seen_at=LATE, converted_at=EARLY
    )
    Participation.objects.create(
        **of, customer=known, campaign=both, seen_count=4, dismissed_count=2, last_seen_at=EARLY, dismissed_at=LATE
    )
    Participation.objects.create(**of, customer=anonymous, campaign=mine, completed_count=5, completed_at=LATE)
    _identify(anonymous, known.external_id)
    first, second = Participation.objects.filter(customer=known).order_by("campaign_id")
    assert Participation.objects.count() == 2
    counts = (first.seen_count, first.dismissed_count, first.converted_count, first.completed_count)
    assert counts == (7, 2, 1, 0)
    times = (first.last_seen_at, first.dismissed_at, first.converted_at, first.completed_at)
    assert times == (LATE, LATE, EARLY, None)
    assert (second.campaign, second.completed_count, second.completed_at) == (mine, 5, LATE)


def test_a_merge_combines_the_columns_of_both_customers(organization: Organization) -> None:
    anonymous = make_anonymous(
        organization,
        attributes={"state": "CA", "name": "Anon"},
        tags=["a", "b"],
        points=7,
        last_platform="iOS",
        last_channel="atm",
        created_at=EARLY,
    )
    known = make_customer(
        organization,
        attributes={"state": "NY", "zip": "1"},
        tags=["b", "c"],
        points=5,
        last_platform="Android",
        last_language="pt",
        created_at=LATE,
    )
    merged = _identify(anonymous, known.external_id)
    merged.refresh_from_db()
    assert merged.attributes == {"state": "NY", "zip": "1", "name": "Anon"}
    assert (sorted(merged.tags), merged.points) == (["a", "b", "c"], 12)
    assert (merged.last_platform, merged.last_language, merged.last_channel) == ("iOS", "pt", "atm")
    assert (merged.external_id, merged.uuid, merged.is_anonymous) == (known.external_id, known.uuid, False)
    assert merged.created_at == EARLY


@pytest.mark.parametrize("consent", ["consent", "email_consent", "push_consent"])
@pytest.mark.parametrize(("theirs", "ours"), [(True, True), (True, False), (False, True), (False, False)])
def test_the_most_restrictive_consent_wins(organization: Organization, consent: str, theirs: bool, ours: bool) -> None:  # noqa: FBT001
    anonymous = make_anonymous(organization, **{consent: theirs})
    known = make_customer(organization, **{consent: ours})
    merged = _identify(anonymous, known.external_id)
    merged.refresh_from_db()
    assert getattr(merged, consent) is (theirs and ours)
    others = {"consent", "email_consent", "push_consent"} - {consent}
    assert all(getattr(merged, other) for other in others)


def test_identifying_with_a_new_id_makes_a_known_customer(organization: Organization) -> None:
    anonymous = make_anonymous(organization, points=7)
    merged = _identify(anonymous, "new")
    assert (merged.external_id, merged.is_anonymous, merged.points) == ("new", False, 7)
    assert Customer.objects.get() == merged


def test_identifying_is_idempotent(organization: Organization) -> None:
    anonymous, known = make_anonymous(organization, points=7), make_customer(organization, points=5)
    make_trail(anonymous)
    first = _identify(anonymous, known.external_id)
    after = contents()
    assert _identify(anonymous, known.external_id) == first
    assert _identify(known, known.external_id) == first
    assert _identify(anonymous, anonymous.external_id) == first
    assert contents() == after
    assert first.points == 12


def test_two_known_customers_are_never_merged(organization: Organization) -> None:
    one, other = make_customer(organization), make_customer(organization)
    before = contents()
    assert _identify(one, other.external_id) == other
    assert contents() == before
    anonymous = make_anonymous(organization)
    _identify(anonymous, one.external_id)
    before = contents()
    assert _identify(anonymous, other.external_id) == other
    assert contents() == before


def test_an_anonymous_customer_becomes_another_anonymous_one_and_then_a_known_one(organization: Organization) -> None:
    first, second, known = make_anonymous(organization), make_anonymous(organization), make_customer(organization)
    assert _identify(first, second.external_id) == second
    assert _identify(first, known.external_id) == known
    assert Customer.objects.get() == known
    for former in (first, second):
        assert _found(organization, former.external_id) == known
        assert find_customer_by_uuid(organization=organization, identity=former.uuid) == known


def test_an_anonymous_customer_without_an_external_id(organization: Organization) -> None:
    anonymous, known = make_anonymous(organization, external_id=None), make_customer(organization)
    assert _identify(anonymous, known.external_id) == known
    assert _found(organization, str(anonymous.uuid)) == known


def test_a_former_id_makes_no_second_customer(organization: Organization) -> None:
    anonymous, known = make_anonymous(organization), make_customer(organization)
    _identify(anonymous, known.external_id)
    found = find_or_create_customer(organization=organization, customer_id=anonymous.external_id)
    assert (found, Customer.objects.count()) == (known, 1)


def test_a_unique_attribute_moves(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX moved ON customers_customer ((attributes ->> 'email'))")
    anonymous = make_anonymous(organization, attributes={"email": "ann@example.org"})
    merged = _identify(anonymous, make_customer(organization).external_id)
    assert merged.attributes == {"email": "ann@example.org"}
