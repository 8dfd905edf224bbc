"""Funnels in the admin: saved by the service, refused beside the field."""

import json
from typing import Any

import pytest
from django.test import Client

from customers.models import Operator, Organization
from funnels.models import Funnel, FunnelEntry
from tests.factories import make_campaign, make_customer, make_interaction, make_organization
from tests.funnels.card_upgrade import funnel_of, make_card_upgrade, make_schema, steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    """An operator's browser."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


def _form(raw: object, **look: Any) -> dict[str, Any]:
    return {"steps": json.dumps(raw), "style": "", "landing_page": "", **look}


def test_a_new_funnel_is_saved_with_its_steps(operator: Client) -> None:
    campaign = make_campaign(make_organization())
    make_schema(campaign.organization)
    form = _form(steps(), campaign=campaign.pk, style="p { color: red } @import 'x';", allow_dismiss="on")
    answer = operator.post("/admin/funnels/funnel/add/", form)
    assert answer.status_code == 302, answer.content
    funnel = funnel_of(campaign)
    assert (funnel.style, funnel.allow_dismiss, funnel.show_progress_bar) == ("p { color: red }", True, False)


def test_changed_steps_make_a_version(operator: Client) -> None:
    funnel = funnel_of(make_card_upgrade(make_organization()))
    path = f"/admin/funnels/funnel/{funnel.pk}/change/"
    assert b"A better card" in operator.get(path).content
    changed = steps()
    changed[0]["title"] = "Better still"
    assert operator.post(path, _form(changed)).status_code == 302
    assert Funnel.objects.select_related("version").get().version.number == 2


def test_errors_in_the_steps_are_shown_beside_the_field(operator: Client) -> None:
    funnel = funnel_of(make_card_upgrade(make_organization()))
    broken = steps()
    broken[0]["next"] = "nowhere"
    answer = operator.post(f"/admin/funnels/funnel/{funnel.pk}/change/", _form(broken, style="x" * 20_001))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "which is no step" in text
    assert "at most 20000 characters" in text


def test_steps_are_strict_json(operator: Client) -> None:
    funnel = funnel_of(make_card_upgrade(make_organization()))
    form = {"steps": "[" * 2_000, "style": "", "landing_page": ""}
    answer = operator.post(f"/admin/funnels/funnel/{funnel.pk}/change/", form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"steps"}


def test_deleting_several_raises_the_version(operator: Client) -> None:
    funnel = funnel_of(make_card_upgrade(make_organization()))
    version = Organization.objects.get().version
    form = {"action": "delete_selected", "_selected_action": [funnel.pk], "post": "yes"}
    assert operator.post("/admin/funnels/funnel/", form).status_code == 302
    assert not Funnel.objects.exists()
    assert Organization.objects.get().version > version


def test_the_lists_of_funnels_and_entries_open(operator: Client) -> None:
    make_card_upgrade(make_organization())
    for path in ("/admin/funnels/funnel/", "/admin/funnels/funnelentry/"):
        assert operator.get(path).status_code == 200


def test_a_customer_with_a_value_of_another_is_shown_as_perhaps_the_same_person(operator: Client) -> None:
    campaign = make_card_upgrade(make_organization())
    organization = campaign.organization
    ana = make_customer(organization, external_id="ana", attributes={"email": "a@example.com"})
    make_customer(make_organization(), external_id="stranger", attributes={"email": "a@example.com"})
    for name, shared in (("ben", ["email"]), ("cleo", [])):
        interaction = make_interaction(make_customer(organization, external_id=name), campaign)
        own = {"organization": organization, "customer": interaction.customer, "campaign": campaign}
        version, data = funnel_of(campaign).version, {"email": "a@example.com"}
        FunnelEntry.objects.create(
            **own, interaction=interaction, version=version, step="form", data=data, shared_fields=shared
        )
    page = operator.get("/admin/funnels/funnelentry/?shared=yes").content.decode()
    assert f'<a href="/admin/customers/customer/{ana.pk}/change/">ana</a> (email)' in page
    assert ">ben</" in page
    assert "cleo" not in page
    assert "stranger" not in page
    entry = FunnelEntry.objects.get(customer__external_id="ben")
    assert (
        f"/customer/{ana.pk}/change/" in operator.get(f"/admin/funnels/funnelentry/{entry.pk}/change/").content.decode()
    )
