"""A tenant sets itself up by calls alone: schema, destinations, templates (contract 5, section B)."""

from collections.abc import Iterator
from typing import Any

import pytest

from campaigns.models import Destination, MessageTemplate
from customers.models import CustomerField, Organization
from tests.campaigns.delivery.servers import World, http_world
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, refusal
from tests.factories import make_target

WEBHOOK = {"name": "Hook", "kind": "webhook", "settings": {"url": "https://hooks.example.org/a"}}
SECRETS = {"signing_secret": "whsec_" + "A" * 32}
TEMPLATE = {"key": "welcome", "subject": "Hello", "text": "Hello {{ customer.external_id }}", "html": ""}


@pytest.fixture
def world() -> Iterator[World]:
    """An HTTP server."""
    with http_world() as running:
        yield running


def test_a_field_is_made_read_changed_and_deleted(owner: Actor, outsider: Actor) -> None:
    version = owner.organization.version
    made = accepted(owner.post("fields", {"field": {"name": "tier", "type": "string", "targetable": True}}))["field"]
    assert made == {
        "name": "tier",
        "type": "string",
        "targetable": True,
        "unique": False,
        "unique_since": None,
        "unique_problem": "",
        "options": {"required": False},
    }
    assert Organization.objects.get(pk=owner.organization.pk).version == version + 1
    changed = accepted(owner.put("fields/tier", {"field": {"unique": True, "options": {"required": True}}}))["field"]
    assert (changed["unique"], changed["options"], changed["targetable"]) == (True, {"required": True}, True)
    listed = accepted(owner.get("fields"))
    assert (listed["fields"], listed["pagination"]["total"]) == ([changed], 1)
    assert accepted(owner.put("fields/tier", {"field": {"name": "level"}}))["field"]["name"] == "level"
    refusal(outsider.get("fields/level"), "not_found", 404)
    refusal(outsider.put("fields/level", {"field": {"targetable": False}}), "not_found", 404)
    refusal(outsider.delete("fields/level"), "not_found", 404)
    assert accepted(owner.delete("fields/level"))["field"]["name"] == "level"
    assert not CustomerField.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"name": None}, "missing_data", "name"),
        ({"type": "colour"}, "validation", "type"),
        ({"name": "1st"}, "validation", "name"),
        ({"name": "x" * 64}, "validation", "name"),
        ({"name": "points"}, "validation", "name"),
        ({"name": "taken"}, "validation", "name"),
        ({"unique": "yes"}, "validation", "unique"),
        ({"options": {"colour": True}}, "argument_error", "colour"),
        ({"colour": True}, "argument_error", "colour"),
    ],
    ids=str,
)
def test_a_wrong_field_is_refused_and_leaves_nothing(
    owner: Actor, change: dict[str, Any], code: str, named: str
) -> None:
    CustomerField.objects.create(organization=owner.organization, name="taken", type="string")
    body = {"field": {"name": "tier", "type": "string"} | change}
    assert named in refusal(owner.post("fields", body), code)
    assert CustomerField.objects.count() == 1


def test_a_field_in_use_says_where(owner: Actor) -> None:
    ours = owner.make_hierarchy()
    accepted(owner.post("fields", {"field": {"name": "tier", "type": "string"}}))
    make_target(ours.bundle, attribute="tier", operator="in", values=["gold"])
    assert ours.campaign.name in refusal(owner.delete("fields/tier"), "validation")["name"][0]
    assert ours.campaign.name in refusal(owner.put("fields/tier", {"field": {"name": "x"}}), "validation")["name"][0]
    assert CustomerField.objects.get().name == "tier"


def test_a_destination_is_made_read_changed_and_deleted_and_keeps_its_secrets(owner: Actor, outsider: Actor) -> None:
    body = {"destination": {**WEBHOOK, "secrets": SECRETS, "rate_per_second": 5}}
    answer = owner.post("destinations", body)
    made = accepted(answer)["destination"]
    assert SECRETS["signing_secret"] not in answer.content.decode()
    assert (made["kind"], made["settings"], made["secrets_set"]) == ("webhook", WEBHOOK["settings"], ["signing_secret"])
    place = f"destinations/{made['id']}"
    changed = accepted(owner.put(place, {"destination": {"name": "Other", "kind": "webhook"}}))["destination"]
    assert (changed["name"], changed["secrets_set"], changed["rate_per_second"]) == ("Other", ["signing_secret"], 5)
    assert Destination.objects.get().secrets == SECRETS
    assert accepted(owner.get(place))["destination"] == changed
    assert accepted(owner.get("destinations"))["destinations"] == [changed]
    assert "kind" in refusal(owner.put(place, {"destination": {"kind": "email"}}), "validation")
    for method in ("GET", "DELETE"):
        refusal(outsider.send(method, place), "not_found", 404)
    refusal(outsider.put(place, {"destination": {"name": "Ours"}}), "not_found", 404)
    refusal(outsider.post(f"{place}/test", {"test": {"to": "a@example.org"}}), "not_found", 404)
    assert accepted(owner.delete(place))["destination"] == changed
    assert not Destination.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"kind": "pigeon"}, "validation", "kind"),
        ({"settings": {"url": "not a url"}}, "validation", "settings"),
        ({"settings": []}, "validation", "settings"),
        ({"settings": None}, "validation", "settings"),
        ({"secrets": {"signing_secret": 5}}, "validation", "secrets"),
        ({"secrets": ["x"]}, "validation", "secrets"),
        ({"attributes": ["nothing"]}, "validation", "attributes"),
        ({"attributes": "email"}, "validation", "attributes"),
        ({"attributes": [1, {}]}, "validation", "attributes"),
        ({"attributes": None}, "validation", "attributes"),
        ({"rate_per_second": 0}, "validation", "rate_per_second"),
        ({"is_default": "yes"}, "validation", "is_default"),
        ({"colour": 1}, "argument_error", "colour"),
    ],
    ids=str,
)
def test_a_destination_that_can_not_work_is_refused_and_leaves_nothing(
    owner: Actor, change: dict[str, Any], code: str, named: str
) -> None:
    body = {"destination": {**WEBHOOK, "secrets": SECRETS, **change}}
    assert named in refusal(owner.post("destinations", body), code)
    assert not Destination.objects.exists()


def test_the_first_of_a_kind_is_its_default_and_a_later_one_when_told(owner: Actor) -> None:
    first, second = (accepted(owner.post("destinations", bodies.destination()))["destination"] for _ in range(2))
    assert (first["is_default"], second["is_default"]) == (True, False)
    told = accepted(owner.post("destinations", bodies.destination(is_default=True)))["destination"]
    listed = accepted(owner.get("destinations"))["destinations"]
    assert [one["id"] for one in listed if one["is_default"]] == [told["id"]]


def test_a_test_sends_one_real_message_and_says_how_it_went(owner: Actor, world: World) -> None:
    destination = {**WEBHOOK, "settings": {"url": f"{world.url}/hook"}, "secrets": SECRETS}
    made = accepted(owner.post("destinations", {"destination": destination}))["destination"]
    place = f"destinations/{made['id']}/test"
    world.will(200)
    told = accepted(owner.post(place))["test"]
    assert (told["ok"], len(world.got)) == (True, 1)
    world.will(403)
    told = accepted(owner.post(place))["test"]
    assert told["ok"] is False
    assert "403" in told["detail"]


@pytest.mark.parametrize(
    ("kind", "settings", "secrets", "elsewhere"),
    [
        (
            "email",
            {"host": "smtp.example.org", "user": "bob", "from_address": "a@example.org", "address_attribute": "mail"},
            {"password": "secret-of-bob"},
            [{"host": "127.0.0.1"}, {"port": 8239}, {"encryption": "none"}],
        ),
        (
            "cheetah",
            {"url": "https://cheetah.example.org/in", "list_id": "1", "user": "bob"},
            {"password": "secret-of-bob"},
            [{"url": "http://127.0.0.1/in"}],
        ),
    ],
)
def test_stored_secrets_are_not_led_to_another_address(
    owner: Actor, kind: str, settings: dict[str, Any], secrets: dict[str, str], elsewhere: list[dict[str, Any]]
) -> None:
    accepted(owner.post("fields", {"field": {"name": "mail", "type": "string"}}))
    body = {"name": "Ours", "kind": kind, "settings": settings, "secrets": secrets}
    made = accepted(owner.post("destinations", {"destination": body}))["destination"]
    place = f"destinations/{made['id']}"
    for change in elsewhere:
        body = {"settings": settings | change}
        told = refusal(owner.put(place, {"destination": body}), "validation")["secrets"][0]
        assert "password" in told
        assert secrets["password"] not in told
        assert Destination.objects.get().settings == settings
        accepted(owner.put(place, {"destination": body | {"secrets": secrets}}))
        accepted(owner.put(place, {"destination": {"settings": settings, "secrets": secrets}}))
    accepted(owner.put(place, {"destination": {"settings": settings, "name": "Renamed"}}))


@pytest.mark.parametrize("path", ["fields/%00", "templates/%00", "templates/a%00b"])
def test_the_character_nul_in_a_path_names_nothing(owner: Actor, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        refusal(owner.send(method, path, {"field": {"unique": True}}), "not_found", 404)
    assert owner.client.get("/api/campaigns/%00/funnel").status_code == 404


def test_an_email_is_tested_with_an_address(owner: Actor) -> None:
    accepted(owner.post("fields", {"field": {"name": "email", "type": "string"}}))
    settings = {"host": "127.0.0.1", "port": 9, "from_address": "Shop <shop@example.org>"}
    destination = {"name": "Mail", "kind": "email", "settings": settings}
    made = accepted(owner.post("destinations", {"destination": destination}))["destination"]
    for body in (None, {"test": {"to": "nobody"}}, {"test": {"to": "a@b.example\r\nBcc: q@q.example"}}):
        assert "to" in refusal(owner.post(f"destinations/{made['id']}/test", body), "validation")
    told = accepted(owner.post(f"destinations/{made['id']}/test", {"test": {"to": "me@example.org"}}))["test"]
    assert told["ok"] is False
    assert "to" in refusal(owner.post(f"destinations/{made['id']}/test", {"test": {"to": 5}}), "validation")


def test_a_template_is_made_read_changed_and_deleted(owner: Actor, outsider: Actor) -> None:
    made = accepted(owner.post("templates", {"template": TEMPLATE}))["template"]
    assert made.items() >= (TEMPLATE | {"title": "Hello", "body": TEMPLATE["text"]}).items()
    changed = accepted(owner.put("templates/welcome", {"template": {"title": "Hi", "body": "Bye"}}))["template"]
    assert (changed["subject"], changed["text"], changed["html"]) == ("Hi", "Bye", "")
    assert accepted(owner.get("templates"))["templates"] == [changed]
    assert "key" in refusal(owner.put("templates/welcome", {"template": {"key": "other"}}), "validation")
    refusal(outsider.get("templates/welcome"), "not_found", 404)
    refusal(outsider.put("templates/welcome", {"template": {"text": "Ours"}}), "not_found", 404)
    refusal(outsider.delete("templates/welcome"), "not_found", 404)
    assert accepted(owner.delete("templates/welcome"))["template"] == changed
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"key": None}, "missing_data", "key"),
        ({"key": ".."}, "validation", "key"),
        ({"text": "{{ customer.nothing }}"}, "validation", "text"),
        ({"text": "{% if %}"}, "validation", "text"),
        ({"subject": "Two\nlines"}, "validation", "subject"),
        ({"title": "Other"}, "validation", "title"),
        ({"html": 5}, "validation", "html"),
        ({"language": "php"}, "validation", "language"),
        ({"language": "liquid", "text": "{{ customer.external_id|upper }}"}, "validation", "text"),
        ({"colour": 1}, "argument_error", "colour"),
    ],
    ids=str,
)
def test_a_wrong_template_is_refused_and_leaves_nothing(
    owner: Actor, change: dict[str, Any], code: str, named: str
) -> None:
    assert named in refusal(owner.post("templates", {"template": TEMPLATE | change}), code)
    assert not MessageTemplate.objects.exists()


def test_who_says_nothing_of_languages_may_write_either(owner: Actor) -> None:
    made = accepted(owner.post("templates", {"template": TEMPLATE}))["template"]
    assert made["language"] == "liquid"
    for text, language in [
        ("{{ customer.external_id|upper }}", "django"),
        ("{{ customer.external_id }}", "django"),
        ("{{ customer.external_id | upcase }}", "liquid"),
    ]:
        changed = accepted(owner.put("templates/welcome", {"template": {"text": text}}))["template"]
        assert (changed["language"], changed["text"]) == (language, text)
        assert MessageTemplate.objects.get().language == language


def test_a_template_in_use_stays(owner: Actor) -> None:
    accepted(owner.post("templates", {"template": TEMPLATE}))
    ours = owner.make_hierarchy()
    ours.creative.template_id = "welcome"
    ours.creative.save()
    refusal(owner.delete("templates/welcome"), "validation")
    assert MessageTemplate.objects.exists()
