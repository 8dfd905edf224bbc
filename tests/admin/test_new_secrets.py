"""Secrets of applications in the admin: on one page that nobody keeps, and nowhere else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from customers.models import Application
from tests.admin.browser import address, superuser, viewer
from tests.factories import make_application

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"\b[0-9a-f]{64}\b")
UUID_SHOWN = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@pytest.fixture
def operator() -> Client:
    """Somebody who may do everything."""
    return superuser()


def _rotated(client: Client, *applications: Application, action: str = "give_new_secret") -> Any:
    form = {"action": action, "_selected_action": [each.pk for each in applications]}
    return client.post(address(Application), form)


def _made(client: Client) -> Any:
    organization = make_application().application.organization
    form = {"name": "A shop", "platforms": "rest", "is_active": "on"}
    return client.post(f"{address(Application, 'add')}?organization={organization.pk}", form)


def _one(client: Client) -> Any:
    return _rotated(client, make_application().application)


def _identity(client: Client) -> Any:
    return _rotated(client, make_application().application, action="give_new_identity_secret")


@pytest.mark.parametrize(("ask", "number"), [(_made, 2), (_one, 1), (_identity, 1)])
def test_a_new_secret_is_shown_on_one_page_and_stored_nowhere(
    operator: Client, ask: Callable[[Client], Any], number: int
) -> None:
    with capture_logs() as said:
        answer = ask(operator)
    secrets = set(SECRET.findall(answer.content.decode()))
    assert len(secrets) == number
    applications = Application.objects.all()
    assert all(any(each.has_secret(one) or each.identity_secret == one for each in applications) for one in secrets)
    for secret in secrets:
        _stands_nowhere_else(operator, answer, secret, str(said))


def _stands_nowhere_else(operator: Client, answer: Any, secret: str, said: str) -> None:
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert secret not in str(answer.cookies)
    assert secret not in str(answer.headers)
    assert not list(get_messages(answer.wsgi_request))
    assert secret not in said
    for page in ("/admin/", address(Application), *_pages_of_each()):
        assert secret not in operator.get(page).content.decode(), page
    assert not _tables_with(secret)


def _pages_of_each() -> list[str]:
    parts = ("change", "history")
    return [address(Application, each.pk, part) for each in Application.objects.all() for part in parts]


def _tables_with(text: str) -> list[str]:
    tables = [model._meta.db_table for model in apps.get_models()]
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} row WHERE strpos(row::text, %s) > 0", [text])
            found += [table] if cursor.fetchone() != (0,) else []
    return found


@pytest.mark.parametrize(
    ("action", "what"), [("give_new_secret", "API secret"), ("give_new_identity_secret", "identity secret")]
)
def test_who_gave_a_new_secret_is_recorded(
    operator: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, action: str, what: str
) -> None:
    applications = [make_application().application for _ in range(2)]
    with capture_logs() as said, django_capture_on_commit_callbacks(execute=True):
        answer = _rotated(operator, *applications, action=action)
    assert len(set(SECRET.findall(answer.content.decode()))) == 2
    (line,) = [line for line in said if line["event"] == "secrets_rotated"]
    who = int(operator.session["_auth_user_id"])
    assert (line["operator"], line["what"], line["applications"]) == (who, what, [each.pk for each in applications])
    entries = LogEntry.objects.filter(user_id=who).values_list("object_id", "change_message")
    assert set(entries) == {(str(each.pk), f"Gave a new {what}.") for each in applications}


@pytest.mark.parametrize("may", ["view", "add", "delete"])
@pytest.mark.parametrize("action", ["give_new_secret", "give_new_identity_secret"])
def test_who_may_not_change_applications_gets_no_secret(may: str, action: str) -> None:
    credentials = make_application()
    answer = _rotated(viewer(may=("view", may)), credentials.application, action=action)
    assert credentials.application.sealed_identity_secret == Application.objects.get().sealed_identity_secret
    assert not SECRET.search(answer.content.decode())
    credentials.application.refresh_from_db()
    assert credentials.application.has_secret(credentials.secret)


def test_the_app_token_that_is_shown_is_the_one_that_is_kept(operator: Client) -> None:
    organization = make_application().application.organization
    add = f"{address(Application, 'add')}?organization={organization.pk}"
    assert not UUID_SHOWN.search(operator.get(add).content.decode())
    answer = _made(operator)
    made = Application.objects.get(name="A shop")
    assert UUID_SHOWN.findall(answer.content.decode()) == [str(made.app_token)]
    assert made.api_key in answer.content.decode()
