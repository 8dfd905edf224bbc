"""Who edits operators raises nobody: not themselves, not others, and takes nobody's place who may more."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from structlog.testing import capture_logs

from campaigns.models import Achievement
from customers.admin.operator import POWERS
from customers.models import Operator
from tests.admin.browser import address, opened
from tests.factories import unique

pytestmark = pytest.mark.django_db
PASSWORD = "kfj3-20dl-xx"
POSTED = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}


def _operator(*rights: str, **attributes: Any) -> Operator:
    made = Operator.objects.create_user(unique("operator").replace(" ", "-"), is_staff=True, **attributes)
    made.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return made


@pytest.fixture
def editor() -> Operator:
    """Who may do everything with operators and groups, and look at campaigns."""
    kinds = ("operator", "group", "permission")
    rights = [f"{what}_{kind}" for what in ("add", "change", "delete", "view") for kind in kinds]
    return _operator(*rights, "view_adcampaign")


@pytest.fixture
def browser(editor: Operator) -> Client:
    """The editor's browser."""
    client = Client()
    client.force_login(editor)
    return client


def _powers() -> dict[str, Any]:
    group = Group.objects.create(name=unique("group"))
    group.permissions.set(Permission.objects.all())
    everything = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    return {"is_superuser": "on", "is_staff": "on", "groups": [str(group.pk)], "user_permissions": everything}


def _rights(operator: Operator) -> tuple[Any, ...]:
    found = Operator.objects.get(pk=operator.pk)
    return (
        *(found.is_active, found.is_staff, found.is_superuser, found.password),
        *(list(found.groups.values_list("pk")), list(found.user_permissions.values_list("pk"))),
    )


def test_a_forbidden_action_of_an_operator_is_logged(browser: Client, editor: Operator, caplog: Any) -> None:
    page = address(Achievement, "add")
    with capture_logs() as said:
        assert browser.get(page).status_code == 403
    told = {"event": "request_forbidden", "path": page, "operator": editor.username, "log_level": "info"}
    assert said == [told]
    assert not [record for record in caplog.records if record.name.startswith("django")]


@pytest.mark.parametrize("is_oneself", [True, False])
def test_nobody_can_give_more_permissions(browser: Client, editor: Operator, is_oneself: bool) -> None:
    target = editor if is_oneself else _operator("view_adcampaign")
    page, before = address(Operator, target.pk, "change"), _rights(target)
    form = opened(browser, page)
    assert not set(POWERS) & form.keys()
    assert browser.post(page, form | _powers() | {"first_name": ["Ada"]}).status_code == 302
    assert Operator.objects.get(pk=target.pk).first_name == "Ada"
    assert _rights(target) == before


def test_nobody_can_activate_accounts(browser: Client) -> None:
    target = _operator(is_active=False)
    page = address(Operator, target.pk, "change")
    browser.post(page, opened(browser, page) | {"is_active": ["on"]})
    assert not Operator.objects.get(pk=target.pk).is_active


def test_a_new_operator_has_no_permissions(browser: Client) -> None:
    form = {"username": "newcomer", **POSTED, **_powers()}
    assert browser.post(address(Operator, "add"), form).status_code == 302
    made = Operator.objects.get(username="newcomer")
    assert (made.is_staff, made.is_superuser, made.get_all_permissions()) == (False, False, set())


def _superuser() -> Operator:
    return _operator(is_superuser=True)


def _with_a_right_more() -> Operator:
    return _operator("change_adcampaign")


def _with_a_right_more_by_a_group() -> Operator:
    made, group = _operator(), Group.objects.create(name=unique("group"))
    group.permissions.set(Permission.objects.filter(codename="change_adcampaign"))
    made.groups.add(group)
    return made


def _switched_off_with_a_right_more() -> Operator:
    return _operator("change_adcampaign", is_active=False)


@pytest.mark.parametrize(
    "above", [_superuser, _with_a_right_more, _with_a_right_more_by_a_group, _switched_off_with_a_right_more]
)
def test_operators_with_more_permissions_cannot_be_edited(browser: Client, above: Any) -> None:
    target = above()
    before = _rights(target)
    attempts = {
        "change": {"username": "mine", "email": "me@example.org"},
        "password": POSTED,
        "delete": {"post": "yes"},
    }
    for page, form in attempts.items():
        assert browser.post(address(Operator, target.pk, page), form).status_code == 403, page
    chosen = {"action": "delete_selected", "_selected_action": [target.pk], "post": "yes"}
    browser.post(address(Operator), chosen)
    assert _rights(target) == before
    assert Operator.objects.get(pk=target.pk).username == target.username


def test_operators_with_no_more_permissions_can_be_edited(browser: Client) -> None:
    target = _operator("view_adcampaign")
    assert browser.post(address(Operator, target.pk, "password"), POSTED).status_code == 302
    assert Operator.objects.get(pk=target.pk).check_password(PASSWORD)
    assert browser.post(address(Operator, target.pk, "delete"), {"post": "yes"}).status_code == 302
    assert not Operator.objects.filter(pk=target.pk).exists()


def test_groups_are_edited_by_superusers_alone(browser: Client) -> None:
    group = Group.objects.create(name="marketers")
    everything = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    for page in (address(Group, group.pk, "change"), address(Group, "add"), address(Group, group.pk, "delete")):
        sent = {"name": "mine", "permissions": everything, "post": "yes"}
        assert browser.post(page, sent).status_code == 403, page
    assert [each.name for each in Group.objects.all()] == ["marketers"]
    assert not group.permissions.exists()
