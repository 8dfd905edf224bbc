"""What operators save: by the rules of the dialects, against what they saw, refused beside the field."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from campaigns.hierarchy.campaigns import update_campaign
from campaigns.models import (
    AdCampaign,
    AdGroup,
    AdLineItem,
    AdTarget,
    AdUnit,
    Destination,
    MessageTemplate,
    Offer,
    PointsEntry,
    SpendEntry,
    SpendLimit,
)
from customers.models import Application, Customer, CustomerAlias, CustomerField, Operator, Organization
from customers.schema.fields import save_field
from funnels.models import Banner, EventBinding, Funnel, Placeholder
from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from tests.admin.browser import address, changeable, errors_of, opened, superuser, told, viewer
from tests.admin.everything import Everything, make_everything
from tests.campaigns.behaviors.makers import NOW, make_live_behavior, record
from tests.channels import make_live_campaign
from tests.factories import make_achievement, make_customer, make_field, make_offer, make_organization, make_unique

pytestmark = pytest.mark.django_db
MEANWHILE = "Changed meanwhile; it is now: "
PASSWORD = "kfj3-20dl-xx"


@pytest.fixture
def ours() -> Everything:
    """One organization with a row of each kind."""
    return make_everything()


@pytest.fixture
def operator() -> Client:
    """Somebody who may do everything."""
    return superuser()


def _change(row: Any) -> str:
    return address(type(row), row.pk, "change")


def _add(model: Any, ours: Everything) -> str:
    return f"{address(model, 'add')}?organization={ours.organization.pk}"


def test_the_second_of_two_concurrent_forms_gets_an_edit_conflict(operator: Client, ours: Everything) -> None:
    """Of every form: what was changed in the database meanwhile is told beside its field, and stays."""
    asked = 0
    for each in changeable():
        row = ours.of(each.model)
        page = _change(row)
        form = opened(operator, page)
        name = next((name for name in form if name in CHANGED), None)
        if name is None:
            continue
        type(row)._base_manager.filter(pk=row.pk).update(**{name: CHANGED[name]})
        other = next(other for other in [*form, "is_default"] if other not in {name, "seen"})
        answer = operator.post(page, form | {other: ["Mine"]})
        errors = errors_of(answer)
        assert errors[name][0].startswith(MEANWHILE + str(CHANGED[name])), each
        assert "somebody else changed" in errors["__all__"][0], each
        assert type(row)._base_manager.values_list(name, flat=True).get(pk=row.pk) == CHANGED[name], each
        asked += 1
    assert asked > 15


CHANGED: dict[str, Any] = {
    "name": "renamed-meanwhile",
    "subject": "renamed-meanwhile",
    "external_id": "renamed-meanwhile",
    "username": "renamed-meanwhile",
    "position": 9,
    "amount": 3,
    "weight": 9,
    "page_location": "/meanwhile",
    "style": "p { color: red; }",
    "goal": "retention",
}


def test_an_edit_conflict_keeps_the_form_which_can_be_saved_again(operator: Client, ours: Everything) -> None:
    campaign = ours.hierarchy.campaign
    form = opened(operator, _change(campaign))
    changes = {"status": "paused", "starts_at": datetime(2021, 2, 3, 4, 5, 6, 7, tzinfo=UTC), "owner": "theirs"}
    update_campaign(organization=ours.organization, campaign_id=campaign.pk, changes=changes)
    mine = form | {"name": ["Mine"], "owner": ["mine"]}
    answer = operator.post(_change(campaign), mine)
    assert errors_of(answer).keys() == {"__all__", "status", "starts_at", "owner"}
    again = {name: [str(value)] for name, value in answer.context["adminform"].form.data.items()}
    assert (again["status"], again["starts_at_0"], again["owner"]) == (["paused"], ["2021-02-03"], ["mine"])
    assert operator.post(_change(campaign), again).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.name, campaign.status, campaign.owner) == ("Mine", "paused", "mine")
    assert campaign.starts_at.isoformat() == "2021-02-03T04:05:06.000007+00:00"


def test_two_concurrent_forms_with_the_same_values_do_not_conflict(operator: Client, ours: Everything) -> None:
    campaign = ours.hierarchy.campaign
    form = opened(operator, _change(campaign))
    update_campaign(organization=ours.organization, campaign_id=campaign.pk, changes={"owner": "Ann"})
    answer = operator.post(_change(campaign), form | {"owner": ["Ann"], "name": ["Mine"]})
    assert answer.status_code == 302, errors_of(answer)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.owner) == ("Mine", "Ann")


def test_points_that_are_earned_meanwhile_stay(operator: Client) -> None:
    customer = make_customer(make_organization(), external_id="51", tags=["vip"])
    make_live_behavior(customer.organization, points=10, tags="earned")
    form = opened(operator, _change(customer))
    record(customer, NOW)
    assert errors_of(operator.post(_change(customer), form | {"email_consent": []})).keys() == {"__all__", "tags"}
    form = opened(operator, _change(customer)) | {"points": ["99"], "email_consent": []}
    assert operator.post(_change(customer), form).status_code == 302
    customer.refresh_from_db()
    assert (customer.points, customer.tags, customer.email_consent) == (10, ["vip", "earned"], False)


def test_operators_adjust_points_with_a_note(operator: Client, ours: Everything) -> None:
    add, entry = _add(PointsEntry, ours), {"customer": ours.customer.pk, "note": "mistake"}
    assert errors_of(operator.post(add, entry | {"amount": -8})) == {"amount": ["The customer has 7 points."]}
    assert errors_of(operator.post(add, entry | {"amount": 1, "note": ""})).keys() == {"note"}
    assert operator.post(add, entry | {"amount": -3}).status_code == 302
    ours.customer.refresh_from_db()
    assert (ours.customer.points, PointsEntry.objects.count()) == (4, 2)


Doubled = Callable[[Everything], tuple[Any, dict[str, Any]]]
DATES = {"starts_at_0": "2026-01-01", "starts_at_1": "0:00", "ends_at_0": "2027-01-01", "ends_at_1": "0:00"}
LEVEL = {"status": "live", "name": "Another", "priority": 0, "holdout_percent": 0, **DATES}
CREATIVE = {
    "name": "Another",
    "status": "draft",
    "ad_type": "issue_audience_csv",
    "creative_type": "issue-audience-csv",
    "delivery_method": "scheduled",
    "scheduled_delivery_date_0": "2026-01-01",
    "scheduled_delivery_date_1": "0:00",
}
DOUBLES: dict[str, tuple[str, Doubled]] = {
    "campaign's name": ("name", lambda ours: (AdCampaign, LEVEL | {"name": ours.hierarchy.campaign.name})),
    "permalink": ("permalink", lambda ours: (AdCampaign, LEVEL | {"permalink": ours.hierarchy.campaign.permalink})),
    "container": ("campaign", lambda ours: (AdLineItem, LEVEL | {"campaign": ours.hierarchy.campaign.pk})),
    "creative": (
        "creative_group",
        lambda ours: (
            AdUnit,
            CREATIVE | {"creative_group": ours.hierarchy.group.pk, "application": ours.application.pk},
        ),
    ),
    "target": (
        "position",
        lambda ours: (
            AdTarget,
            {"bundle": ours.hierarchy.bundle.pk, "position": 0, "attribute": "tag", "operator": "exists"},
        ),
    ),
    "limit": ("campaign", lambda ours: (SpendLimit, {"campaign": ours.hierarchy.campaign.pk, "type": "uncapped"})),
    "guid": ("guid", lambda ours: (Offer, {"guid": ours.of(Offer).guid, "name": "Another"})),
    "destination": ("name", lambda ours: (Destination, {"name": ours.of(Destination).name, "kind": "file"})),
    "template": (
        "key",
        lambda ours: (
            MessageTemplate,
            {"key": ours.of(MessageTemplate).key, "language": "liquid", "subject": "x", "text": "x"},
        ),
    ),
    "customer": ("external_id", lambda ours: (Customer, {"external_id": ours.customer.external_id})),
    "former id": ("external_id", lambda ours: (Customer, {"external_id": ours.of(CustomerAlias).external_id})),
    "alias": (
        "external_id",
        lambda ours: (CustomerAlias, {"external_id": ours.customer.external_id, "customer": ours.customer.pk}),
    ),
    "field": ("name", lambda _ours: (CustomerField, {"name": "state", "type": "integer"})),
    "application": ("name", lambda ours: (Application, {"name": ours.application.name})),
    "organization": ("name", lambda ours: (Organization, {"name": ours.organization.name, "time_zone": "UTC"})),
    "operator": (
        "username",
        lambda ours: (Operator, {"username": ours.of(Operator).username, "password1": "x", "password2": "x"}),
    ),
    "placeholder": (
        "__all__",
        lambda ours: (
            Placeholder,
            {
                "application": ours.application.pk,
                "name": ours.of(Placeholder).name,
                "width": 1,
                "height": 1,
                "maximum_banners": 1,
                "transition_time": 1,
                "popup_timeout": 1,
            },
        ),
    ),
    "binding": (
        "__all__",
        lambda ours: (
            EventBinding,
            {"event": ours.of(EventBinding).event_id, "campaign": ours.hierarchy.campaign.pk, "filter": "[]"},
        ),
    ),
    "funnel": ("campaign", lambda ours: (Funnel, {"campaign": ours.hierarchy.campaign.pk, "steps": "[]"})),
    "advertiser": ("name", lambda ours: (Advertiser, {"name": ours.of(Advertiser).name, "currency": "USD"})),
    "portfolio": (
        "advertiser",
        lambda ours: (
            Portfolio,
            {"application": ours.application.pk, "advertiser": ours.of(Advertiser).pk},
        ),
    ),
    "campaign of an advertiser": (
        "campaign",
        lambda ours: (
            AdvertiserCampaign,
            {"campaign": ours.hierarchy.campaign.pk, "advertiser": ours.of(Advertiser).pk, "goal": "retention"},
        ),
    ),
}


def test_a_duplicate_is_an_error_at_its_field(operator: Client, ours: Everything) -> None:
    for what, (field, doubled) in DOUBLES.items():
        model, form = doubled(ours)
        before = model.objects.count()
        errors = errors_of(operator.post(_add(model, ours), form))
        assert field in errors, (what, errors)
        assert model.objects.count() == before, what


def test_a_unique_value_of_another_customer(operator: Client) -> None:
    organization = make_organization()
    make_unique(make_field(organization, "email", "string"))
    make_customer(organization, attributes={"email": "a@example.com"})
    customer = make_customer(organization)
    form = opened(operator, _change(customer)) | {"attributes": ['{"email": "a@example.com"}']}
    refused = {"attributes": ["email: Another customer has this value."]}
    assert errors_of(operator.post(_change(customer), form)) == refused


def test_a_unique_value_is_checked_before_its_index_is_built(operator: Client) -> None:
    field = make_field(make_organization(), "email", "string", unique=True)
    make_customer(field.organization, attributes={"email": "a@example.com"})
    answer = operator.post(
        f"{address(Customer, 'add')}?organization={field.organization_id}",
        {"external_id": "7", "attributes": '{"email": "a@example.com"}'},
    )
    assert errors_of(answer) == {"attributes": ["email: Another customer has this value."]}


def test_a_customers_record_is_checked_as_a_clients(operator: Client, ours: Everything) -> None:
    save_field(field=CustomerField(organization=ours.organization, name="age", type="integer", required=True))
    add = _add(Customer, ours)
    assert "external_id" in errors_of(operator.post(add, {"external_id": ""}))
    assert errors_of(operator.post(add, {"external_id": "7", "attributes": '{"state": "NY"}'})) == {
        "attributes": ["age: This field is required."]
    }
    assert operator.post(add, {"external_id": "7", "attributes": '{"age": 7}', "consent": "on"}).status_code == 302
    made = Customer.objects.get(external_id="7")
    assert (made.attributes, made.consent, made.is_anonymous) == ({"age": 7}, True, False)
    form = opened(operator, _change(made))
    assert errors_of(operator.post(_change(made), form | {"attributes": ["{}"]})).keys() == {"attributes"}
    assert operator.post(_change(made), form | {"attributes": ['{"age": 8}']}).status_code == 302


def test_levels_are_made_and_changed_by_the_dialects_rules(operator: Client, ours: Everything) -> None:
    campaign, creative = ours.hierarchy.campaign, ours.hierarchy.creative
    version = Organization.objects.get(pk=ours.organization.pk).version
    assert operator.post(_add(AdCampaign, ours), LEVEL).status_code == 302
    made = AdCampaign.objects.get(name="Another")
    assert (made.ad_bundle.organization, len(made.permalink)) == (ours.organization, 36)
    assert Organization.objects.get(pk=ours.organization.pk).version == version + 1
    form = opened(operator, _change(campaign))
    for name, wrong in (("permalink", "a b"), ("permalink", ".."), ("price_per_impression", "-1"), ("name", "x" * 256)):
        assert errors_of(operator.post(_change(campaign), form | {name: [wrong]})).keys() == {name}
    assert errors_of(operator.post(_change(campaign), form | {"frequency_cap": ["1"]})).keys() == {"frequency_unit"}
    form = opened(operator, _change(creative))
    elsewhere = make_achievement(make_live_campaign(ours.organization))
    for field, value in (
        ("offer_ids", "nobody's"),
        ("achievement", elsewhere.pk),
        ("creative_type", "messaging-platform-push"),
    ):
        assert field in errors_of(operator.post(_change(creative), form | {field: [str(value)]})), field
    offer = make_offer(ours.organization)
    assert operator.post(_change(creative), form | {"offer_ids": [offer.guid]}).status_code == 302
    creative.refresh_from_db()
    assert creative.offer_ids == [offer.guid]


def test_a_completed_level_stays_completed(operator: Client, ours: Everything) -> None:
    for row in (ours.hierarchy.campaign, ours.hierarchy.line_item, ours.hierarchy.group, ours.hierarchy.creative):
        type(row).objects.filter(pk=row.pk).update(status="completed")
        form = opened(operator, _change(row))
        assert errors_of(operator.post(_change(row), form | {"status": ["live"]})).keys() == {"status"}


def test_a_level_that_is_live_has_its_delivery(operator: Client, ours: Everything) -> None:
    """The services of the dialects look after deliveries; so do forms, for they call them."""
    AdCampaign.objects.all().update(status="live")
    creative = ours.hierarchy.creative
    form = opened(operator, _change(creative)) | {"status": ["live"], "scheduled_delivery_date_0": ["2090-01-01"]}
    assert operator.post(_change(creative), form).status_code == 302
    assert creative.deliveries.exclude(state="complete").values_list("state", flat=True).get() == "scheduled"


def test_corrections_that_do_not_fit_are_refused_beside_the_amount(operator: Client, ours: Everything) -> None:
    form = {"campaign": ours.hierarchy.campaign.pk, "at_0": "2026-03-02", "at_1": "12:00", "note": "n"}
    for amount in ("-1", "0", "1e999", "NaN", "9" * 30):
        assert errors_of(operator.post(_add(SpendEntry, ours), form | {"amount": amount})).keys() == {"amount"}, amount
    answer = operator.post(_add(SpendEntry, ours), form | {"amount": "11"})
    assert errors_of(answer) == {"__all__": ["The campaign's spend limit is reached."]}
    assert SpendEntry.objects.count() == 1


def test_secrets_are_shown_to_nobody(operator: Client, ours: Everything) -> None:
    values = {"name": "CRM", "kind": "webhook", "settings": '{"url": "https://hooks.example.org/in"}'}
    secret = "do not show this"
    form = values | {"secrets": f'{{"signing_secret": "{secret}"}}'}
    assert operator.post(_add(Destination, ours), form).status_code == 302
    destination = Destination.objects.get(name="CRM")
    assert destination.secrets == {"signing_secret": secret}
    for client in (operator, viewer()):
        for page in (_change(destination), address(Destination)):
            assert secret not in client.get(page).content.decode()
    again = opened(operator, _change(destination)) | {"secrets": ['{"signing_secret": null}']}
    assert errors_of(operator.post(_change(destination), again)).keys() == {"secrets"}


def test_a_template_that_creatives_use_is_not_deleted(operator: Client, ours: Everything) -> None:
    template = ours.of(MessageTemplate)
    AdUnit.objects.update(template_id=template.key)
    page = address(MessageTemplate, template.pk, "delete")
    assert told(operator.post(page, {"post": "yes"})) == f"1 creatives use the template {template.key}."
    AdUnit.objects.update(template_id=None)
    assert operator.post(page, {"post": "yes"}).status_code == 302
    assert not MessageTemplate.objects.exists()


def test_an_advertiser_with_campaigns_stays(operator: Client, ours: Everything) -> None:
    form = {"action": "delete_selected", "_selected_action": [ours.of(Advertiser).pk], "post": "yes"}
    assert "has 1 campaigns" in told(operator.post(address(Advertiser), form))
    assert (Advertiser.objects.count(), Portfolio.objects.count()) == (1, 1)
    AdvertiserCampaign.objects.all().delete()
    assert operator.post(address(Advertiser), form).status_code == 302
    assert (Advertiser.objects.count(), Portfolio.objects.count()) == (0, 0)


def test_targets_keep_to_their_level(operator: Client, ours: Everything) -> None:
    target = ours.of(AdTarget)
    form = {"position": 1, "attribute": "state", "operator": "in", "values": '["NY"]'}
    both = {"bundle": ours.hierarchy.bundle.pk, "creative_group": ours.hierarchy.group.pk}
    for wrong in (form, form | both):
        assert errors_of(operator.post(_add(AdTarget, ours), wrong)).keys() == {"__all__"}
    assert operator.post(_add(AdTarget, ours), form | {"creative_group": ours.hierarchy.group.pk}).status_code == 302
    assert AdTarget.objects.filter(creative_group=ours.hierarchy.group, organization=ours.organization).count() == 1
    sent = opened(operator, _change(target)) | {"attribute": ["colour"]}
    assert errors_of(operator.post(_change(target), sent)).keys() == {"attribute"}
    version = Organization.objects.get(pk=ours.organization.pk).version
    assert operator.post(address(AdTarget, target.pk, "delete"), {"post": "yes"}).status_code == 302
    assert Organization.objects.get(pk=ours.organization.pk).version == version + 1


def test_rows_of_a_deleted_level_are_not_changed(operator: Client, ours: Everything) -> None:
    form = {"action": "delete_selected", "_selected_action": [ours.hierarchy.campaign.pk], "post": "yes"}
    assert operator.post(address(AdCampaign), form).status_code == 302
    for row in (ours.hierarchy.group, ours.of(AdTarget), ours.of(Funnel)):
        assert operator.post(_change(row), {"name": "x"}).status_code == 302, row
    assert AdGroup.objects.get().deleted_at is not None
    assert Banner.objects.count() == 1


def test_a_new_operator_logs_in(operator: Client) -> None:
    typed = {"username": "newcomer", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert operator.post("/admin/customers/operator/add/", typed).status_code == 302
    typed = {"username": "newcomer", "password": PASSWORD}
    assert authenticate(request=operator.get("/admin/").wsgi_request, **typed) is not None
