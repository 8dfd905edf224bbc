"""Every registered page: what all promise is asked of each, of a new one without anybody's doing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.forms.models import ModelChoiceField
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Destination
from customers.admin.choices import OwnChoice
from customers.admin.service_admin import BoundedAdmin, HistoryAdmin, ReadOnlyInline, ServiceAdmin
from customers.models import Customer, Operator, Organization
from tests.admin.browser import Sent, address, admins, changeable, errors_of, opened, superuser, told, viewer
from tests.admin.everything import Everything, make_everything
from tests.contents import contents
from tests.storm.staff import Form

pytestmark = pytest.mark.django_db
DEEP = "[" * 3_000 + "]" * 3_000


@pytest.fixture
def ours() -> Everything:
    """One organization with a row of each kind."""
    return make_everything()


@pytest.fixture
def theirs() -> Everything:
    """A rival's."""
    return make_everything()


@pytest.fixture
def operator() -> Client:
    """Somebody who may do everything."""
    return superuser()


def _forms(made: Everything) -> Iterator[tuple[Any, str]]:
    """The pages with a form that can be sent."""
    for each in admins():
        if each in changeable():
            yield each, address(each.model, made.of(each.model).pk, "change")
        if isinstance(each, ServiceAdmin) and type(each).create is not ServiceAdmin.create:
            yield each, f"{address(each.model, 'add')}?organization={made.organization.pk}"


def _form_of(client: Client, page: str) -> Any:
    return client.get(page).context["adminform"].form


def _choices(form: Any) -> dict[str, Any]:
    return {name: field for name, field in form.fields.items() if isinstance(field, ModelChoiceField)}


def test_every_page_is_of_our_kind() -> None:
    assert len(admins()) > 35
    for each in admins():
        assert isinstance(each, BoundedAdmin), each
        assert isinstance(each, ServiceAdmin | HistoryAdmin), each
        assert all(issubclass(inline, ReadOnlyInline) for inline in each.inlines), each
        assert not each.list_editable, each
        for name in each.actions or ():
            assert getattr(getattr(each, str(name)), "allowed_permissions", None), f"{each}.{name} names no permission"


def test_the_page_of_a_missing_row_reveals_nothing(operator: Client, ours: Everything) -> None:
    adding = [(each, page) for each, page in _forms(ours) if "/add/" in page]
    assert len(adding) > 15
    for each, page in adding:
        form = operator.get(page).context["adminform"]
        shown = {name for line in form for field in line for name in field.fields}
        assert shown <= {*form.form.fields, "organization"}, each


@pytest.mark.usefixtures("plain_pages")
def test_no_form_moves_a_row_and_choices_are_the_organizations_own(
    operator: Client, ours: Everything, theirs: Everything
) -> None:
    asked, before = 0, contents()
    for each, page in _forms(ours):
        form = _form_of(operator, page)
        assert "organization" not in form.fields, each
        for name, field in _choices(form).items():
            remote = field.queryset.model
            if remote._meta.app_label == "auth":
                continue
            assert isinstance(getattr(field.widget, "widget", field.widget), OwnChoice), (each, name)
            assert set(field.queryset.values_list("organization", flat=True)) <= {ours.organization.pk}, (each, name)
            asked += 1
            _refuses(operator, page, name, theirs.of(remote))
            _is_not_offered(operator, each, name, ours, theirs.of(remote))
    assert asked > 25
    assert contents() == before
    hostile = {"app_label": "campaigns", "model_name": "adunit", "field_name": "creative_group", "organization": "x"}
    for term in ("x" * 5_000, "' OR 1=1"):
        assert operator.get("/admin/autocomplete/", hostile | {"term": term}).status_code == 200


def _refuses(client: Client, page: str, name: str, row: models.Model) -> None:
    """A rival's row is refused beside its field, and nothing is saved."""
    answer = client.post(page, opened(client, page) | {name: [str(row.pk)]})
    assert name in errors_of(answer), page


def _is_not_offered(client: Client, each: Any, name: str, ours: Everything, row: models.Model) -> None:
    options = each.model._meta
    asked = {"app_label": options.app_label, "model_name": options.model_name, "field_name": name}
    answer = client.get("/admin/autocomplete/", asked | {"organization": ours.organization.pk, "term": ""})
    found = {result["id"] for result in answer.json()["results"]}
    assert str(row.pk) not in found


@pytest.mark.usefixtures("plain_pages")
def test_what_is_not_changed_is_not_written(operator: Client, ours: Everything) -> None:
    before = contents()
    for each in changeable():
        page = address(each.model, ours.of(each.model).pk, "change")
        answer = operator.post(page, opened(operator, page))
        assert answer.status_code == 302, (each, errors_of(answer))
    assert contents() == before


@pytest.mark.usefixtures("plain_pages")
def test_what_is_posted_beside_the_form_changes_nothing(operator: Client, ours: Everything, theirs: Everything) -> None:
    """Neither the organization, nor the parent, nor any other column without a field."""
    for each in changeable():
        row = ours.of(each.model)
        page = address(each.model, row.pk, "change")
        form, fields = opened(operator, page), _form_of(operator, page).fields
        absent: Sent = {}
        for column in each.model._meta.concrete_fields:
            if column.name in fields or column.primary_key:
                continue
            absent[column.name] = [str(theirs.of(type(row)).serializable_value(column.attname))]
        before = {column.attname: row.serializable_value(column.attname) for column in row._meta.concrete_fields}
        operator.post(page, form | absent)
        row = type(row)._base_manager.get(pk=row.pk)
        for column in absent:
            attname = each.model._meta.get_field(column).attname
            assert row.serializable_value(attname) == before[attname], (each, column)


@pytest.mark.usefixtures("plain_pages")
def test_no_value_in_a_form_is_a_server_error(operator: Client, ours: Everything) -> None:
    """Of any field of any form: it is taken or refused beside it, and never a 500."""
    asked: set[tuple[type[models.Model], str]] = set()
    for each, page in _forms(ours):
        form = opened(operator, page)
        for name, (first, *_) in form.items():
            if (each.model, name) in asked:
                continue
            asked.add((each.model, name))
            answer = operator.post(page, form | {name: [_hostile(name, first, len(asked))]})
            assert answer.status_code in {200, 302}, (each, name)
            if answer.status_code == 302 and "/change/" in page:
                form = opened(operator, page)
    assert len(asked) > 120


def _hostile(name: str, value: str, number: int) -> str:
    """What is worst for a field that shows this value; they take turns."""
    if value.startswith(("[", "{")):
        return [DEEP, '{"a": "\\u0000"}', "null"][number % 3]
    if name.endswith(("_0", "_1")):
        return "0001-01-01"
    if value.isdecimal():
        return ["9" * 40, "NaN", "-1"][number % 3]
    return "a\x00b" if value else ["1e999", "\x00", "😀" * 300][number % 3]


@pytest.mark.usefixtures("plain_pages")
def test_no_admin_page_is_a_server_error(operator: Client, ours: Everything) -> None:  # noqa: ARG001 (there are rows)
    for each in admins():
        for path in ("9" * 40 + "/change", "%00/change", "abc/delete"):
            assert operator.get(address(each.model, path)).status_code in {302, 403, 404}, (each, path)
        for query in ("q=%00&p=9999999", "organization__id__exact=x"):
            assert operator.get(f"{address(each.model)}?{query}").status_code in {200, 302, 400}, (each, query)
        for chosen in ("abc", "\x00", "9" * 40):
            form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
            assert operator.post(address(each.model), form).status_code in {200, 302}, (each, chosen)


def test_an_operator_with_view_permissions_can_only_view(ours: Everything) -> None:
    client = viewer()
    before = contents()
    for each in admins():
        page = address(each.model, ours.of(each.model).pk, "change")
        answer = client.get(page)
        assert answer.status_code == 200, each
        shown = Form(answer.content.decode().partition('id="content"')[2]).values
        assert not [name for name in shown if "-" not in name and name != "csrfmiddlewaretoken"], each
        assert b'name="_save"' not in answer.content, each
        form = {"name": "Taken over", "status": "paused", "post": "yes"}
        assert client.post(page, form).status_code == 403, each
        assert client.post(address(each.model, "add"), form).status_code == 403, each
        assert client.post(address(each.model, ours.of(each.model).pk, "delete"), form).status_code == 403, each
        for action in [*(each.actions or ()), "delete_selected"]:
            sent = {"action": action, "_selected_action": [ours.of(each.model).pk], "post": "yes"}
            client.post(address(each.model), sent)
    assert contents() == before
    assert client.post(address(Operator, ours.of(Operator).pk, "password")).status_code == 403


def test_an_operator_without_permissions_sees_nothing(ours: Everything) -> None:
    client = viewer(may=())
    for each in admins():
        for page in (address(each.model), address(each.model, ours.of(each.model).pk, "change")):
            assert client.get(page).status_code == 403, page
    why = address(type(ours.hierarchy.campaign), ours.hierarchy.campaign.pk, "explain")
    assert client.get(why).status_code == 403


@pytest.mark.usefixtures("ours")
def test_lists_take_the_same_statements_whatever_their_length(operator: Client) -> None:
    counted = [_statements_of_lists(operator)]
    for _ in range(3):
        make_everything()
    counted.append(_statements_of_lists(operator))
    differing = {name: (few, counted[1][name]) for name, few in counted[0].items() if few != counted[1][name]}
    assert not differing
    assert max(counted[0].values()) <= 12


def _statements_of_lists(client: Client) -> dict[str, int]:
    counts = {}
    for each in admins():
        with CaptureQueriesContext(connection) as taken:
            assert client.get(address(each.model)).status_code == 200
        counts[each.model.__name__] = len(taken)
    return counts


def test_an_action_on_many_rows_is_refused_with_a_number(operator: Client, ours: Everything) -> None:
    organization = ours.organization
    Customer.objects.bulk_create(Customer(organization=organization, external_id=f"n {n}") for n in range(1_001))
    form = {"action": "delete_selected", "select_across": "1", "_selected_action": [ours.customer.pk], "post": "yes"}
    answer = operator.post(address(Customer), form)
    assert told(answer) == "1002 rows are chosen; at most 1000 are possible at a time."
    assert Customer.objects.count() == 1_002
    Customer.objects.filter(external_id__in=["n 0", "n 1"]).delete()
    with CaptureQueriesContext(connection) as taken:
        assert operator.post(address(Customer), form).status_code == 302
    assert not Customer.objects.exists()
    assert len(taken) < 60


def test_a_new_rows_organization_is_asked_for(operator: Client, ours: Everything, theirs: Everything) -> None:
    asked = operator.get(address(Customer, "add"))
    assert b"for which organization?" in asked.content
    assert f"?organization={theirs.organization.pk}".encode() in asked.content
    found = operator.get(address(Customer, "add"), {"name": theirs.organization.name[-4:], "_popup": "1"})
    assert b"_popup=1&amp;organization=" in found.content
    form = opened(operator, f"{address(Customer, 'add')}?organization={ours.organization.pk}")
    answer = operator.post(f"{address(Customer, 'add')}?organization=x", form | {"external_id": ["1"]})
    assert "organization" in str(errors_of(answer))
    for wrong in ("9" * 40, "-1", "x"):
        assert operator.get(address(Customer, "add"), {"organization": wrong}).status_code == 200


def test_json_of_forms_stays_as_it_is(operator: Client, ours: Everything) -> None:
    """`null`, an empty text and nothing at all are three things inside of JSON."""
    page = address(Destination, ours.of(Destination).pk, "change")
    answer = operator.post(page, opened(operator, page) | {"settings": [json.dumps({"a": None})]})
    assert errors_of(answer).keys() == {"settings"}
    assert Organization.objects.count() == 1
