"""A field that something uses keeps its name and stays, and the refusal says where; values go with a deleted field."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone

from campaigns.delivery.sweep import begin_next_delivery
from campaigns.hierarchy.campaigns import delete_campaign, update_campaign
from campaigns.models import Destination, MessageTemplate
from customers.customers.merging import identify
from customers.errors import DomainError
from customers.models import Customer, CustomerField, NamesFields, Organization, RetiredField
from customers.schema import uses
from customers.schema.fields import delete_field, save_field
from customers.tasks import clear_retired_fields
from funnels.funnels.definitions import save_funnel
from funnels.models import EventBinding, FunnelEntry
from tests.campaigns.delivery.scheduled import make_delivery, make_scheduled
from tests.channels import make_event, make_live_campaign
from tests.factories import (
    make_anonymous,
    make_application,
    make_campaign,
    make_customer,
    make_field,
    make_group,
    make_interaction,
    make_line_item,
    make_organization,
    make_target,
)
from tests.together import PATIENCE_SECONDS, together

pytestmark = pytest.mark.django_db
OURS = {"customers", "campaigns", "traces", "funnels", "marketing_solutions"}
IN_NY = {"attribute": "home-state", "operator": "in", "values": ["NY"]}
# What a row of no field's name keeps in a column that could hold one.
STRANGERS = {
    "campaigns.achievement.event_filters": "attributes of events, which have no schema",
    "campaigns.achievement.given_members": "members of a behavior's data",
    "campaigns.achievement.goal_counts": "numbers",
    "campaigns.achievement.precise_event_count": "kept and given back",
    "campaigns.achievement.result_trigger": "kept and given back",
    "campaigns.achievement.unit_precision": "kept and given back",
    "campaigns.adunit.offer_ids": "guids",
    "campaigns.decisionrecord.chosen": "what was decided",
    "campaigns.decisionrecord.excluded": "what was decided",
    "campaigns.decisionrecord.place": "where it was decided",
    "campaigns.event.attributes": "what an event said",
    "customers.application.allowed_origins": "origins",
    "customers.application.platforms": "platforms",
    "customers.customer.attributes": "values, which go with their field",
    "customers.customer.tags": "tags",
    "customers.definitionchange.marks": "ids of rows, by their models",
    "funnels.eventoccurrence.context": "what an event said",
    "funnels.funnelentry.answered_in": "ids of traces",
    "funnels.funnelentry.answers": "what was shown",
    "funnels.funnelentry.data": "what was captured",
    "funnels.funnelentry.shared_fields": "fields of what was captured",
    "marketing_solutions.advertiser.features": "names of features",
    "traces.action.data": "what an action said",
    "traces.trace.captured": "what was captured",
}


def _steps(name: str = "home-state") -> list[dict[str, Any]]:
    asked = {"label": "State", "name": name, "control_type": "text"}
    return [{"name": "ask", "type": "data-capture", "actions": ["next"], "fields": [asked], "next": None}]


def _target(organization: Organization) -> str:
    make_target(make_live_campaign(organization, name="Spring").ad_bundle, **IN_NY)
    return 'a target of the campaign "Spring"'


def _group_target(organization: Organization) -> str:
    make_target(make_group(make_line_item(make_campaign(organization)), name="Vips"), **IN_NY)
    return 'a target of the creative group "Vips"'


def _filter(organization: Organization) -> str:
    event = make_event(
        make_application(organization).application, make_campaign(organization, name="Hi"), name="bought"
    )
    EventBinding.objects.filter(event=event).update(filter=[IN_NY])
    return 'the filter of the event "bought" of the campaign "Hi"'


def _funnel(organization: Organization) -> str:
    save_funnel(organization=organization, campaign_id=make_campaign(organization, name="Card").pk, steps=_steps())
    return 'the funnel of the campaign "Card"'


def _fork(organization: Organization) -> str:
    campaign = make_campaign(organization, name="Fork")
    message = {"type": "message", "title": "T", "message": "M", "actions": ["next"]}
    first = {**message, "name": "one", "next": "two", "forks": [{"conditions": [IN_NY], "to": None}]}
    save_funnel(
        organization=organization, campaign_id=campaign.pk, steps=[first, {**message, "name": "two", "next": None}]
    )
    return 'the funnel of the campaign "Fork"'


def _template(organization: Organization) -> str:
    words = {"subject": "Hello", "text": "{{ customer.home_state | upcase }}"}
    MessageTemplate.objects.create(organization=organization, key="welcome", **words)
    return 'the template "welcome"'


def _template_in_brackets(organization: Organization) -> str:
    words = {"subject": "Hello", "text": "{{ customer['home_state'] }}"}
    MessageTemplate.objects.create(organization=organization, key="brackets", **words)
    return 'the template "brackets"'


def _handed_over(organization: Organization) -> str:
    Destination.objects.create(organization=organization, name="CRM", kind="file", attributes=["a", "home-state"])
    return 'the destination "CRM"'


def _reached_by(organization: Organization) -> str:
    settings = {"audience_id": "1", "columns": {"ST": "home-state"}}
    Destination.objects.create(organization=organization, name="Ads", kind="facebook", settings=settings)
    return 'the destination "Ads"'


def _being_built(organization: Organization) -> str:
    rows = make_scheduled(organization, name="Letter")
    target = make_target(rows.group, **IN_NY)
    make_customer(organization)
    make_delivery(rows)
    assert begin_next_delivery(now=timezone.now())
    target.delete()
    return 'the delivery of "Letter" whose audience is being built'


USES = [
    _target,
    _group_target,
    _filter,
    _funnel,
    _fork,
    _template,
    _template_in_brackets,
    _handed_over,
    _reached_by,
    _being_built,
]


@pytest.fixture
def field() -> CustomerField:
    """A field that nobody uses yet."""
    return save_field(field=CustomerField(organization=make_organization(), name="home-state", type="string"))


def _renamed(field: CustomerField, **changes: object) -> CustomerField:
    kept = CustomerField.objects.get(pk=field.pk)
    for name, value in changes.items():
        setattr(kept, name, value)
    return kept


@pytest.mark.parametrize("use", USES)
def test_what_is_used_is_neither_deleted_nor_renamed(
    admin_client: Client, field: CustomerField, use: Callable[[Organization], str]
) -> None:
    told = use(field.organization)
    address = f"/admin/customers/customerfield/{field.pk}"
    form = {"organization": field.organization_id, "name": "region", "type": "string"}
    answer = admin_client.post(f"{address}/change/", form)
    assert answer.context["adminform"].form.errors.keys() == {"name"}
    assert told in answer.context["adminform"].form.errors["name"][0]
    for path in (f"{address}/delete/", "/admin/customers/customerfield/"):
        form = {"post": "yes", "_selected_action": [field.pk], "action": "delete_selected"}
        page = admin_client.post(path, form)
        assert any(told in sentence for sentence in page.context["protected"])
    with pytest.raises(DomainError) as refused:
        delete_field(field=field)
    assert refused.value.fields == {"name": [f"The field is used by {told}."]}
    field.refresh_from_db()
    assert field.name == "home-state"


def test_every_model_whose_rows_may_name_fields_has_been_asked() -> None:
    columns = {
        f"{model._meta.label_lower}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.get_fields()
        if isinstance(column, models.JSONField | ArrayField) and model.__module__.split(".")[0] in OURS
    }
    asked = {name for name in columns if issubclass(apps.get_model(name.rpartition(".")[0]), NamesFields)}
    assert sorted(columns - asked) == sorted(STRANGERS), "say whether these may name a field of the schema"


def test_names_of_another_organization_and_of_what_was_deleted_are_no_uses(field: CustomerField) -> None:
    rival = make_organization()
    make_field(rival, "home-state", "string")
    for use in USES:
        use(rival)
    campaign = make_live_campaign(field.organization)
    make_target(campaign.ad_bundle, **IN_NY)
    save_funnel(organization=field.organization, campaign_id=campaign.pk, steps=_steps())
    MessageTemplate.objects.create(
        organization=field.organization, key="t", subject="customer.home_states", text="{{ customer.x_home_state }}"
    )
    assert uses.uses_of(field=field)
    delete_campaign(organization=field.organization, campaign_id=campaign.pk, now=timezone.now())
    assert uses.uses_of(field=field) == []
    delete_field(field=field)
    assert not CustomerField.objects.filter(organization=field.organization).exists()


def test_many_uses_are_named_up_to_ten(field: CustomerField) -> None:
    for number in range(12):
        make_target(make_live_campaign(field.organization, name=f"C{number}").ad_bundle, **IN_NY)
    with pytest.raises(DomainError) as refused:
        delete_field(field=field)
    (sentence,) = refused.value.fields["name"]
    assert sentence.count("a target of") == 10
    assert sentence.endswith(' "C9" and 2 more.')


def test_a_field_can_not_change_its_type_or_organization_nor_with_values_its_name(field: CustomerField) -> None:
    assert save_field(field=_renamed(field, name="region")).name == "region"
    save_field(field=_renamed(field, name="home-state", targetable=True))
    make_customer(field.organization, attributes={"home-state": "NY"})
    changes: list[dict[str, Any]] = [{"type": "integer"}, {"organization": make_organization()}, {"name": "region"}]
    for change in changes:
        with pytest.raises(DomainError) as refused:
            save_field(field=_renamed(field, **change))
        assert refused.value.fields.keys() == change.keys()
    save_field(field=_renamed(field, required=True))


def test_deleting_a_field_removes_its_values_and_then_frees_its_name(field: CustomerField) -> None:
    organization, rival = field.organization, make_organization()
    values = {"home-state": "NY", "name": "Ann"}
    people = [make_customer(organization, attributes=values) for _ in range(8)]
    other = make_customer(rival, attributes=values)
    delete_field(field=field)
    again = CustomerField(organization=organization, name="home-state", type="integer")
    clear_retired_fields()
    with pytest.raises(DomainError, match="Validation"):
        save_field(field=again)
    RetiredField.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert uses.clear_retired_field(batch_size=3)
    # A merge moves a value from a customer that the pass has not reached to one that it has passed.
    anonymous = make_anonymous(organization, attributes=values)
    identify(organization=organization, anonymous=anonymous, customer_id=people[0].external_id or "")
    while uses.clear_retired_field(batch_size=3):
        pass
    assert not RetiredField.objects.exists()
    assert all(each.attributes == {"name": "Ann"} for each in Customer.objects.filter(organization=organization))
    other.refresh_from_db()
    assert other.attributes == values
    save_field(field=again)


def test_customers_inside_an_older_version_of_a_funnel_start_again(field: CustomerField) -> None:
    organization = field.organization
    customer, campaign = make_customer(organization), make_campaign(organization)
    funnel = save_funnel(organization=organization, campaign_id=campaign.pk, steps=_steps())
    entry = FunnelEntry.objects.create(
        organization=organization,
        customer=customer,
        campaign=campaign,
        version=funnel.version,
        interaction=make_interaction(customer, campaign),
        step="ask",
    )
    save_field(field=CustomerField(organization=organization, name="city", type="string"))
    save_funnel(organization=organization, campaign_id=campaign.pk, steps=_steps("city"))
    delete_field(field=field)
    assert not FunnelEntry.objects.filter(pk=entry.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_field_that_is_about_to_be_used_is_waited_for(field: CustomerField) -> None:
    organization = field.organization
    campaign = make_live_campaign(organization)
    is_used = Event()

    def use() -> None:
        with transaction.atomic():
            update_campaign(organization=organization, campaign_id=campaign.pk, changes={"targets": [IN_NY]})
            is_used.set()
            _wait_for_somebody_to_wait()

    def delete() -> str:
        assert is_used.wait(PATIENCE_SECONDS)
        with pytest.raises(DomainError) as refused:
            delete_field(field=field)
        return str(refused.value.fields["name"][0])

    _, told = together([use, delete])
    assert "a target of the campaign" in str(told)


def _wait_for_somebody_to_wait() -> None:
    _poll("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))")


def _poll(question: str) -> None:
    deadline = timezone.now() + timedelta(seconds=30)
    while timezone.now() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.fetchone()[0]:
                return
    raise AssertionError(question)
