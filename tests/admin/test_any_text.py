"""Whatever text comes in, wherever a page of the admin takes one: it is taken or refused, and never a fault."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from campaigns.models import AdCampaign
from customers.admin.service_admin import ServiceAdmin
from customers.models import Customer
from tests.admin.browser import address, admins, changeable, opened, superuser
from tests.admin.everything import Everything, make_everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_pages")]
# As they stand in an address: NUL, half of a surrogate pair, no UTF-8 at all, a number of too many digits.
ASKED = ["%00", "a%00b", "%ED%A0%80", "%FF", "9" * 5_000, "%F0%9F%8E%88", "0001-01-01", "-1"]
WORST = ["%00", "9" * 5_000]
NUL = "a\x00b"
TYPED = ['{"a": "\\u0000"}', '["\\ud800"]', "9" * 5_000, "0001-01-01"]
# What a list takes, beside its filters.
OF_LISTS = ["q", "p", "o", "all", "e", "_facets", "_popup", "_to_field", "_changelist_filters", "id__exact", "x", "%00"]
FINE = {200, 302, 400, 403, 404}


@pytest.fixture
def ours() -> Everything:
    """One organization with a row of each kind."""
    return make_everything()


@pytest.fixture
def operator() -> Client:
    """Somebody who may do everything."""
    return superuser()


def _answers(client: Client, page: str, names: list[str], values: list[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        for value in values:
            query = f"{page}?{name}={value}"
            yield query, client.get(query)


def _check(client: Client, page: str, names: list[str], values: list[str] = ASKED) -> None:
    """No value of a parameter is a fault; what no column can hold is refused."""
    for query, answer in _answers(client, page, names, values):
        assert answer.status_code in FINE, query[:200]
        assert "%00" not in query or answer.status_code == 400, query[:200]


def test_lists_searched_for_any_text_are_no_server_error(operator: Client, ours: Everything) -> None:  # noqa: ARG001 (there are rows)
    for each in admins():
        answer = operator.get(address(each.model))
        filters = [name for spec in answer.context["cl"].filter_specs for name in spec.expected_parameters()]
        _check(operator, address(each.model), ["q", *filters], WORST)
    _check(operator, address(AdCampaign), OF_LISTS)
    _check(operator, address(Customer), OF_LISTS)


def test_pages_of_rows_with_any_query_are_no_server_error(operator: Client, ours: Everything) -> None:
    for each in admins():
        for value in [*WORST, "%ED%A0%80", "_00"]:
            for page in ("change", "delete", "history"):
                path = address(each.model, value, page)
                assert operator.get(path).status_code in FINE, path[:200]
    _check(operator, address(Customer, ours.customer.pk, "change"), ["_to_field", "_popup", "_changelist_filters"])
    _check(operator, address(Customer, "add"), ["organization", "name", "_popup", "external_id"])
    _check(operator, address(AdCampaign, ours.hierarchy.campaign.pk, "explain"), ["customer", "at"])
    known = f"customer={quote(ours.customer.external_id or '')}"
    why = f"{address(AdCampaign, ours.hierarchy.campaign.pk, 'explain')}?{known}"
    for at in ("0001-01-01", "9999-12-31 23:59:59", "1969-12-31"):
        answer = operator.get(f"{why}&at={quote(at)}")
        assert answer.status_code == 200
        assert answer.context["form"].errors.keys() == {"at"}


def test_choices_with_any_text_are_no_server_error(operator: Client, ours: Everything) -> None:
    right = {"app_label": "campaigns", "model_name": "adunit", "field_name": "creative_group", "term": ""}
    for name in [*right, "organization", "page"]:
        for value in ASKED:
            asked = right | {"organization": str(ours.organization.pk)} | {name: value}
            query = "&".join(f"{key}={text}" for key, text in asked.items())
            answer = operator.get(f"/admin/autocomplete/?{query}")
            assert answer.status_code in FINE, query[:200]
            assert "%00" not in value or answer.status_code == 400, query[:200]


def test_forms_with_any_text_are_no_server_error(operator: Client, ours: Everything) -> None:
    asked = 0
    pages = [(each, address(each.model, ours.of(each.model).pk, "change")) for each in changeable()]
    pages += [
        (each, f"{address(each.model, 'add')}?organization={ours.organization.pk}")
        for each in admins()
        if isinstance(each, ServiceAdmin) and type(each).create is not ServiceAdmin.create
    ]
    for _, page in pages:
        form = opened(operator, page)
        for typed in TYPED:
            # As a name it may be a right one.
            assert operator.post(page, {name: [typed] for name in form}).status_code in {200, 302}, (page, typed[:20])
        # NUL in all fields at once, then alone in those that took it: nothing is between them and the service.
        answer = operator.post(page, {name: [NUL] for name in form})
        assert answer.status_code == 200, page
        refused = answer.context["adminform"].form.errors
        assert refused, page
        for name in form.keys() - refused.keys():
            assert operator.post(page, form | {name: [NUL]}).status_code in {200, 302}, (page, name)
            asked += 1
    assert asked > 30


def test_other_encodings_and_cookies(operator: Client) -> None:
    for charset in ("utf-7", "unicode_escape", "utf-16", "latin-1"):
        answer = operator.get(
            f"{address(Customer)}?q=%5Cud800", headers={"Content-Type": f"text/html; charset={charset}"}
        )
        assert answer.status_code == 400, charset
    assert operator.get(address(Customer), headers={"Content-Type": "text/html; charset=UTF-8"}).status_code == 200
    operator.cookies["messages"] = "a\x00b"
    assert operator.get(address(Customer)).status_code == 400
