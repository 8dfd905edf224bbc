"""What operators type into the admin: bad JSON is an error beside the field, deleting several is deleting each."""

import pytest
from django.test import Client

from customers.models import Customer, CustomerField, Operator, Organization
from customers.schema.fields import save_field
from customers.schema.indexes import SHARED
from tests.factories import make_application, make_customer, make_field, make_hierarchy, make_organization, make_target

pytestmark = pytest.mark.django_db
DEEP = "[" * 2_000


@pytest.fixture
def operator() -> Client:
    """An operator's browser."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


@pytest.mark.parametrize("raw", ["5", "[1]", '["a\\u0000"]', "[NaN]", '{"a": NaN}', '{"a": "\\ud800"}', DEEP, "{"])
def test_attributes_are_an_object_of_strict_json(operator: Client, raw: str) -> None:
    customer = make_customer(make_organization(), external_id="51")
    form = {"organization": customer.organization_id, "external_id": "51", "points": 0, "attributes": raw}
    answer = operator.post(f"/admin/customers/customer/{customer.pk}/change/", form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"attributes"}
    assert Customer.objects.get().attributes == {}


@pytest.mark.parametrize("raw", ["null", '["\\ud800"]', DEEP])
def test_values_of_a_target_are_a_list_of_strict_json(operator: Client, raw: str) -> None:
    bundle = make_hierarchy(make_application().application).bundle
    target = make_target(bundle)
    form = {"bundle": bundle.pk, "position": 0, "attribute": "tag", "operator": "in", "values": raw}
    answer = operator.post(f"/admin/campaigns/adtarget/{target.pk}/change/", form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors


@pytest.mark.parametrize("path", ["{pk}/delete/", ""])
def test_a_campaign_can_be_deleted(operator: Client, path: str) -> None:
    campaign = make_hierarchy(make_application().application).campaign
    form = {"post": "yes", "action": "delete_selected", "_selected_action": [campaign.pk]}
    assert operator.post(f"/admin/campaigns/adcampaign/{path.format(pk=campaign.pk)}", form).status_code == 302
    campaign.refresh_from_db()
    assert campaign.deleted_at is not None


def test_a_field_that_cannot_be_unique_is_refused_beside_it(operator: Client) -> None:
    organization = make_organization()
    for external_id in ("1", "2"):
        make_customer(organization, external_id=external_id, attributes={"email": "a@b.example"})
    form = {"organization": organization.pk, "name": "email", "type": "string", "unique": "on"}
    answer = operator.post("/admin/customers/customerfield/add/", form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"unique"}
    assert not CustomerField.objects.exists()


def test_deleting_several_fields_takes_them_out_of_the_schema(operator: Client) -> None:
    organization = make_organization()
    field = save_field(field=CustomerField(organization=organization, name="email", type="string", unique=True))
    version = Organization.objects.get().version
    form = {"action": "delete_selected", "_selected_action": [field.pk], "post": "yes"}
    assert operator.post("/admin/customers/customerfield/", form).status_code == 302
    assert not CustomerField.objects.exists()
    assert Organization.objects.get().version > version


def test_operators_see_whether_a_field_is_unique_by_now(operator: Client) -> None:
    field = make_field(make_organization(), "email", "string", unique_problem=SHARED)
    for path in ("", f"{field.pk}/change/"):
        assert SHARED in operator.get(f"/admin/customers/customerfield/{path}").content.decode()
