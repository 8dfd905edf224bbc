"""Destinations: settings are checked by kind, secrets are encrypted in the table and never shown."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from campaigns.admin.destinations import DestinationForm
from campaigns.delivery.destinations import save_destination
from campaigns.models import Destination, MessageTemplate
from campaigns.models.destination_kind import KINDS, problems_of_settings
from config.environment import encryption_keys
from config.secret_key import derived_encryption_key
from customers.errors import DomainError
from customers.models import Operator
from tests.config.served import PROJECT
from tests.factories import make_application, make_field, make_organization

SECRET = "do not show this"
COLUMNS_EXPECTED = f"columns: {KINDS['facebook'].members['columns'].sentence}"
NO_SCHEME = "An address that begins with https:// or http:// is expected."
WEBHOOK = {"url": "https://hooks.example.org/in"}

pytestmark = pytest.mark.django_db


def _post(client: Client, address: str, **values: Any) -> Any:
    return client.post(address, {"rate_per_second": "", "attributes": "", **values}, follow=True)


@pytest.fixture
def operator(client: Client) -> Client:
    """Somebody in the admin."""
    client.force_login(Operator.objects.create_superuser("operator", password="a long password indeed"))
    return client


def test_the_admin_encrypts_secrets_and_does_not_show_them(operator: Client) -> None:
    organization = make_organization()
    values = {"organization": organization.pk, "name": "CRM", "kind": "webhook", "is_default": "on"}
    values |= {"settings": json.dumps(WEBHOOK), "secrets": json.dumps({"signing_secret": SECRET})}
    _post(operator, "/admin/campaigns/destination/add/", **values)
    destination = Destination.objects.get()
    assert destination.secrets == {"signing_secret": SECRET}
    with connection.cursor() as cursor:
        cursor.execute("SELECT row::text FROM campaigns_destination row")
        assert SECRET not in cursor.fetchone()[0]
    address = f"/admin/campaigns/destination/{destination.pk}/change/"
    page = operator.get(address).content.decode()
    assert "signing_secret: set" in page
    assert SECRET not in page
    # Without new secrets the old ones stay; what is wrong is said and shows nothing either.
    _post(operator, address, **values | {"name": "Renamed", "secrets": ""})
    answer = _post(operator, address, **values | {"secrets": json.dumps({"signing_secret": SECRET, "colour": "red"})})
    assert "colour: webhook knows no such secret." in answer.content.decode()
    assert SECRET not in answer.content.decode()
    destination.refresh_from_db()
    assert (destination.name, destination.secrets) == ("Renamed", {"signing_secret": SECRET})


def test_a_kind_has_one_default(operator: Client) -> None:
    organization = make_organization()
    Destination.objects.create(organization=organization, name="one", kind="file")
    for other in (organization, make_organization()):
        Destination.objects.create(organization=other, name="elsewhere", kind="s3" if other == organization else "file")
    values = {"organization": organization.pk, "kind": "file", "settings": "", "secrets": ""}
    _post(operator, "/admin/campaigns/destination/add/", name="two", **values)
    assert Destination.objects.get(name="two").settings == {}
    assert _defaults() == ["elsewhere", "elsewhere", "one"]
    _post(operator, "/admin/campaigns/destination/add/", name="three", is_default="on", **values)
    assert _defaults() == ["elsewhere", "elsewhere", "three"]
    for name in ("one", "two", "three", "one"):
        page = f"/admin/campaigns/destination/{Destination.objects.get(name=name).pk}/change/"
        _post(operator, page, name=name, is_default="on", **values)
        assert _defaults() == ["elsewhere", "elsewhere", name]


def test_a_refused_destination_does_not_become_the_default() -> None:
    organization = make_organization()
    Destination.objects.create(organization=organization, name="one", kind="file")
    two = Destination.objects.create(organization=organization, name="two", kind="file", is_default=False)
    with pytest.raises(DomainError):
        save_destination(destination=two, changes={"is_default": True, "name": "one"})
    assert _defaults() == ["one"]


def _defaults() -> list[str]:
    return list(Destination.objects.filter(is_default=True).order_by("name").values_list("name", flat=True))


def test_a_new_destination_offers_to_be_the_default_where_there_is_none(operator: Client) -> None:
    organization = make_organization()
    Destination.objects.create(organization=organization, name="one", kind="file")
    Destination.objects.create(organization=organization, name="two", kind="s3", is_default=False)
    Destination.objects.create(organization=make_organization(), name="three", kind="webhook")
    add = f"/admin/campaigns/destination/add/?organization={organization.pk}"
    for kind, is_ticked in (("", False), ("&kind=file", False), ("&kind=s3", True), ("&kind=webhook", True)):
        page = operator.get(add + kind)
        box = page.context["adminform"].form["is_default"]
        assert (box.value(), box.field.widget.attrs["data-taken"]) == (is_ticked, "file"), kind
        assert "campaigns/destination_form" in page.content.decode()


@pytest.mark.parametrize(
    ("kind", "settings", "secrets", "problems"),
    [
        ("webhook", WEBHOOK, {"signing_secret": "x"}, {}),
        ("webhook", {}, {"signing_secret": "x"}, {"settings": ["url: this setting is required."]}),
        ("webhook", WEBHOOK, {}, {"secrets": ["signing_secret: this secret is required."]}),
        ("webhook", {"url": "ftp://x/"}, {"signing_secret": "x"}, {"settings": [f"url: {NO_SCHEME}"]}),
        (
            "webhook",
            {"url": "https://u:p@x/"},
            {"signing_secret": "x"},
            {"settings": ["url: It has a user or a password (…@) in it, which can't stand there."]},
        ),
        (
            "webhook",
            {"url": "https://x:99999/"},
            {"signing_secret": "x"},
            {"settings": ["url: Its port is no number from 1 to 65535."]},
        ),
        (
            "webhook",
            WEBHOOK | {"concurrency": True},
            {"signing_secret": "x"},
            {"settings": ["concurrency: A whole number from 1 to 32 is expected."]},
        ),
        ("s3", {"bucket": "bucket"}, {"access_key": "x"}, {"secrets": ["secret_key: this secret is required."]}),
        ("s3", {"bucket": "bucket"}, {}, {}),
        (
            "webhook",
            WEBHOOK,
            {"signing_secret": "a\nb"},
            {"secrets": ["signing_secret: It has several lines."]},
        ),
        (
            "email",
            {"from_address": "Shop <shop@example.org>", "provider": "postmark"},
            {},
            {"secrets": ["api_key: this secret is required."]},
        ),
        ("email", {"from_address": "shop"}, {}, {"settings": ["from_address: A mail address is expected."]}),
        (
            "facebook",
            {"audience_id": "1", "columns": {"SHOE_SIZE": "x"}},
            {"access_token": "x"},
            {"settings": [COLUMNS_EXPECTED]},
        ),
        ("file", [], {}, {"settings": ["An object is expected."]}),
    ],
)
def test_settings_are_checked_by_kind(
    kind: str, settings: Any, secrets: dict[str, str], problems: dict[str, list[str]]
) -> None:
    assert problems_of_settings(kind, settings, secrets) == problems


def test_keys_are_rotated_without_losing_a_secret(settings: Settings) -> None:
    destination = Destination(organization=make_organization(), name="CRM", kind="webhook")
    destination.set_secrets({"signing_secret": SECRET})
    destination.save()
    application = make_application().application
    identity = application.identity_secret
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(DomainError, match="No key of ENCRYPTION_KEYS opens these secrets"):
        destination.secrets  # noqa: B018 (reading is what fails)
    with pytest.raises(CommandError, match="No key of ENCRYPTION_KEYS"):
        call_command("rotate_encryption_keys")
    assert DestinationForm(instance=destination).unreadable
    settings.ENCRYPTION_KEYS = [new, old]
    call_command("rotate_encryption_keys")
    settings.ENCRYPTION_KEYS = [new]
    destination.refresh_from_db()
    assert destination.secrets == {"signing_secret": SECRET}
    application.refresh_from_db()
    assert application.identity_secret == identity


def test_encryption_keys_of_the_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    derived = derived_encryption_key("a signing key")
    assert derived == derived_encryption_key("a signing key") != derived_encryption_key("another")
    monkeypatch.setenv("ENCRYPTION_KEYS", f"{derived},{Fernet.generate_key().decode()}")
    assert encryption_keys("ENCRYPTION_KEYS")[0] == derived
    for wrong in ("short", derived[:-4], "ä" * 44, derived + "=" * 3 + "A"):
        monkeypatch.setenv("ENCRYPTION_KEYS", wrong)
        with pytest.raises(ImproperlyConfigured, match=r"^ENCRYPTION_KEYS must be Fernet keys: 32 bytes each"):
            encryption_keys("ENCRYPTION_KEYS")


def test_production_does_not_start_without_keys() -> None:
    bare = {"PRODUCTION": "1", "SECRET_KEY": "x" * 50, "ENCRYPTION_KEYS": "", "PATH": os.environ["PATH"]}
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=PROJECT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.stderr.endswith("ImproperlyConfigured: ENCRYPTION_KEYS must be set when PRODUCTION is on\n")


def test_a_template_is_compiled_before_it_is_saved(operator: Client) -> None:
    organization = make_organization()
    make_field(organization, "first-name", "string")
    values = {"organization": organization.pk, "key": "welcome", "subject": "Hello", "text": "Hello"}
    values["language"] = "liquid"
    address = "/admin/campaigns/messagetemplate/add/"
    answer = operator.post(address, values | {"html": "{% include 'x' %}"})
    assert "Line 1: unexpected tag &#x27;include&#x27;" in answer.content.decode()
    answer = operator.post(address, values | {"html": "<p>{{ customer.firstname }}</p>"})
    assert "There is no customer.firstname." in answer.content.decode()
    operator.post(address, values | {"html": "<p>{{ customer.first_name }}</p>"})
    assert MessageTemplate.objects.get().key == "welcome"
