"""Operators, and who has taken the place of one: texts that no column holds, secrets, rights."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from customers.models import Application, Operator
from tests.abuse.browser import Browser, make_operator
from tests.abuse.outside import make_webhook
from tests.abuse.server import Server, lines_in
from tests.abuse.world import Abused
from tests.campaigns.delivery.servers import http_world
from tests.contents import contents
from tests.factories import make_application

CAMPAIGNS, CUSTOMERS = "/admin/campaigns/adcampaign/", "/admin/customers/customer/"
APPLICATIONS, OPERATORS = "/admin/customers/application/", "/admin/customers/operator/"
DESTINATIONS = "/admin/campaigns/destination/"
CHOICE = "app_label=campaigns&model_name=adunit&field_name=creative_group"
HALF, LONG = "%ED%A0%80", "9" * 5_000
SECRET = re.compile(r"\b[0-9a-f]{64}\b")
# Where an operator, or somebody's link, names what no column can hold, and what is answered.
ADDRESSES: list[tuple[str, int]] = [
    (f"{CAMPAIGNS}?q=%00", 400),
    (f"{CAMPAIGNS}?q={HALF}", 200),
    (f"{CAMPAIGNS}?status__exact=%00", 400),
    (f"{CAMPAIGNS}?organization__id__exact={LONG}", 200),
    (f"{CAMPAIGNS}%00/change/", 302),
    (f"{CAMPAIGNS}{LONG}/change/", 302),
    (f"{CUSTOMERS}?q=a%00b", 400),
    (f"{CUSTOMERS}?q={LONG}", 200),
    (f"/admin/autocomplete/?{CHOICE}&term=%00", 400),
    (f"/admin/autocomplete/?{CHOICE}&term={HALF}", 200),
    (f"/admin/autocomplete/?{CHOICE}&term=x&organization={LONG}", 200),
    ("/admin/?x=%00", 400),
    ("/admin/search/?q=%00", 400),
    ("/admin/login/?next=%00", 400),
    ("/admin/%00", 404),
    ("/docs/?%00=1", 400),
]


@pytest.fixture(scope="module")
def operator(_served: tuple[Server, Abused]) -> Browser:
    """Somebody who may do everything."""
    server, abused = _served
    return Browser(server, abused.operator)


@pytest.fixture
def _nothing_changes(server: Server) -> Iterator[None]:
    with server.database():
        before = contents()
    yield
    with server.database():
        assert contents() == before


@pytest.mark.usefixtures("_nothing_changes")
@pytest.mark.parametrize(("path", "status"), ADDRESSES, ids=[path[:60] for path, _ in ADDRESSES])
def test_an_address_that_names_what_no_column_holds(operator: Browser, path: str, status: int) -> None:
    assert operator.get(path).status == status


@pytest.mark.usefixtures("_nothing_changes")
def test_a_page_in_another_encoding_is_refused(operator: Browser) -> None:
    for charset in ("utf-7", "unicode_escape"):
        headers = {"Content-Type": f"text/html; charset={charset}"}
        assert operator.get(f"{CUSTOMERS}?q=%5Cud800", **headers).status == 400


@pytest.mark.usefixtures("_nothing_changes")
@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31 23:59:59", "%00", HALF])
def test_a_decision_is_explained_of_days_that_there_were(operator: Browser, abused: Abused, at: str) -> None:
    answer = operator.get(f"{CAMPAIGNS}{abused.campaign_id}/explain/?customer={abused.customer_id}&at={at}")
    assert answer.status == (400 if at == "%00" else 200)
    assert b"errorlist" in answer.data or at == "%00"


@pytest.mark.usefixtures("_nothing_changes")
def test_a_form_with_nul_in_every_field_is_shown_again(operator: Browser, abused: Abused) -> None:
    for page in (f"{CAMPAIGNS}{abused.campaign_id}/change/", f"{CUSTOMERS}{_customer(operator, abused)}/change/"):
        form = operator.opened(page)
        for typed in ("a\x00b", '{"a": "\\u0000"}', '{"a": "\\ud800"}'):
            token = {name: form[name] for name in ("csrfmiddlewaretoken",)}
            answer = operator.post(page, dict.fromkeys(form, typed) | token)
            assert answer.status == 200, (page, typed)
            assert b"errorlist" in answer.data, (page, typed)


def _customer(operator: Browser, abused: Abused) -> int:
    found = re.search(r"/customer/(\d+)/change/", operator.get(f"{CUSTOMERS}?q={abused.customer_id}").data.decode())
    assert found
    return int(found[1])


def test_a_session_ends_after_twelve_hours_and_is_no_scripts(operator: Browser) -> None:
    assert {"Max-Age=43200", "HttpOnly", "Secure"} <= set(operator.session.split("; "))


@pytest.mark.usefixtures("_nothing_changes")
def test_a_page_ends_at_the_bound_of_its_kind_of_work(server: Server, operator: Browser) -> None:
    with server.locked("campaigns_adcampaign"):
        answer = operator.get(CAMPAIGNS)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert operator.get(CAMPAIGNS).status == 200


@pytest.mark.usefixtures("_nothing_changes")
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("webhook", {"url": "ftp://example.org"}),
        ("email", {"from_address": "nobody"}),
        ("s3", {"bucket": "A bucket "}),
    ],
)
def test_a_setting_that_can_not_work_is_told_when_it_is_saved(
    operator: Browser, abused: Abused, kind: str, settings: dict[str, str]
) -> None:
    page = f"{DESTINATIONS}add/?organization={abused.organization_id}"
    form = operator.opened(page) | {"name": "Wrong", "kind": kind, "settings": json.dumps(settings), "secrets": "{}"}
    answer = operator.post(page, form)
    (name,) = settings
    assert answer.status == 200
    assert f'id="id_settings_error"><li>{name}: ' in answer.data.decode()


@pytest.fixture
def application(server: Server, abused: Abused) -> tuple[Application, str]:
    """An application of these tests' own, and its secret."""
    with server.database():
        organization = Application.objects.get(pk=abused.application_id).organization
        made = make_application(organization)
    return made.application, made.secret


def _is_let_in(server: Server, application: Application, secret: str) -> bool:
    basic = base64.b64encode(f"{application.api_key}:{secret}".encode()).decode()
    path = f"/priv/v1/apps/{application.api_key}/management/campaigns?limit=1"
    return server.status("GET", path, headers={"Authorization": f"Basic {basic}"}) == 200


def test_a_new_secret_is_shown_once(server: Server, operator: Browser, application: tuple[Application, str]) -> None:
    ours, old = application
    answer = operator.act(APPLICATIONS, "give_new_secret", ours.pk)
    (new,) = SECRET.findall(answer.data.decode())
    assert (answer.status, "no-store" in answer.headers["Cache-Control"]) == (200, True)
    assert new not in str(answer.headers)
    assert (_is_let_in(server, ours, new), _is_let_in(server, ours, old)) == (True, False)
    for page in ("/admin/", APPLICATIONS, f"{APPLICATIONS}{ours.pk}/change/", f"{APPLICATIONS}{ours.pk}/history/"):
        seen = operator.get(page)
        assert (seen.status, new in seen.data.decode(), new in str(seen.headers)) == (200, False, False), page
    assert b"Gave a new API secret." in seen.data, "who gave it stands in the history"
    assert lines_in(server.log, "secrets_rotated")[-1]["applications"] == [ours.pk]
    assert new not in server.log


@pytest.mark.parametrize("rights", [["view"], ["view", "add", "delete"]], ids=" ".join)
@pytest.mark.parametrize("action", ["give_new_secret", "give_new_identity_secret"])
def test_operators_with_view_permission_see_no_secret(
    server: Server, application: tuple[Application, str], rights: list[str], action: str
) -> None:
    ours, secret = application
    with server.database():
        viewer = make_operator(*rights)
    answer = Browser(server, viewer.get_username()).act(APPLICATIONS, action, ours.pk)
    assert not SECRET.search(answer.data.decode())
    assert _is_let_in(server, ours, secret)
    with server.database():
        assert Application.objects.get(pk=ours.pk).sealed_identity_secret == ours.sealed_identity_secret
        assert not LogEntry.objects.filter(user=viewer).exists()


def test_editors_of_operators_can_not_grant_permissions(server: Server) -> None:
    with server.database():
        editor = make_operator("view", "change_operator")
    browser, page = Browser(server, editor.get_username()), f"{OPERATORS}{editor.pk}/change/"
    form: dict[str, Any] = browser.opened(page)
    raised = {"is_superuser": "on", "is_staff": "on", "user_permissions": [str(number) for number in range(1, 200)]}
    assert browser.post(page, form | raised | {"first_name": "Eve"}).status == 302
    with server.database():
        found = Operator.objects.get(pk=editor.pk)
        assert (found.first_name, found.is_superuser) == ("Eve", False)
        assert found.get_all_permissions() == editor.get_all_permissions()


def test_a_test_of_a_destination_reaches_nothing_of_our_network(
    server: Server, operator: Browser, abused: Abused
) -> None:
    with http_world() as inside:
        with server.database():
            made = make_webhook(abused.organization_id, inside.url)
        operator.act(DESTINATIONS, "send_test", made.pk)
        told = operator.get(DESTINATIONS).data.decode()
        assert "127.0.0.1 is a private address" in told
        assert inside.connections == 0
    with server.database():
        made.delete()
