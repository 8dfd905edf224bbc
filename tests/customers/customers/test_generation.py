"""Generated customers fit the schema, and are the same people every time."""

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer, Organization
from customers.models.schema import check_attributes
from customers.schema.fields import fields_of

pytestmark = pytest.mark.django_db


def test_they_fit_the_schema_and_go_on_where_they_ended(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("generate_customers", "300", "--organization", "Grown")
    call_command("generate_customers", "100", "--organization", "Grown")
    assert "100 customers of Grown" in capsys.readouterr().out
    organization = Organization.objects.get(name="Grown")
    people = list(Customer.objects.filter(organization=organization).order_by("id"))
    assert [one.external_id for one in people] == [f"GEN-{number:010}" for number in range(1, 401)]
    schema = list(fields_of(organization=organization))
    for one in people:
        checked = check_attributes(schema, one.attributes)
        assert (checked.values, checked.errors) == (one.attributes, {})
    # Not those of the demo's customers, whose addresses are unique.
    assert all(one.attributes["email"].endswith("@generated.example.com") for one in people)
    for share in ("state", "gender", "loyalty_tier"):
        assert len({one.attributes[share] for one in people}) >= 2
    assert 0.85 < sum(one.consent for one in people) / 400 < 1
    assert {tag for one in people for tag in one.tags} == {"newsletter", "vip", "hiker", "cyclist", "churn_risk"}


def test_null_is_no_number() -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("generate_customers", "0")
