"""Every setting of every kind of destination with what people paste: it works, or it is refused when it is saved."""

from typing import Any

import pytest

from campaigns.delivery.destinations import save_destination
from campaigns.delivery.message_templates import save_template
from campaigns.models import Destination, MessageTemplate
from campaigns.models.destination_kind import KINDS
from customers.errors import DomainError
from customers.models import Organization
from tests.factories import make_field, make_organization

pytestmark = pytest.mark.django_db
# Each kind as it works, with all that it may be told.
WORKING: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "file": ({}, {}),
    "s3": (
        {"bucket": "audiences", "prefix": "of/shop", "region": "eu-west-1", "endpoint_url": "https://s3.example.org"},
        {"access_key": "AKIA", "secret_key": "a/b+c"},
    ),
    "airship": (
        {"url": "https://go.airship.eu", "app_key": "key", "identifier_type": "email_address", "identifier": "email"},
        {"master_secret": "secret"},
    ),
    "cheetah": ({"url": "https://load.example.org/in", "list_id": "2077", "user": "shop"}, {"password": "pässword"}),
    "facebook": (
        {"url": "https://graph.facebook.com", "version": "v23.0", "audience_id": "238", "columns": {"EMAIL": "email"}},
        {"access_token": "EAAB"},
    ),
    "email": (
        {
            "from_address": "Shop <shop@example.org>",
            "reply_to": "help@example.org",
            "address_attribute": "email",
            "host": "smtp.example.org",
            "port": 25,
            "encryption": "tls",
            "user": "shop",
        },
        {"password": "secret"},
    ),
    "push": ({"url": "https://push.example.org/in"}, {"signing_secret": "whsec_c2VjcmV0"}),
    "webhook": ({"url": "https://hooks.example.org/in"}, {"signing_secret": "any text “at” all"}),
}
PROVIDED: tuple[dict[str, Any], dict[str, str]] = (
    {"from_address": "a@example.org", "provider": "mailgun", "sender_domain": "mg.example.org"},
    {"api_key": "k"},
)
# What works nowhere, whatever is asked for: nothing, what is not seen, several lines, what is no text.
NEVER: list[Any] = ["", " ", "a\nb", "a\x00b", "a\u200bb", "\ud800", None, [], {"a": "b"}, 1.5, True, "x" * 3_000]
URLS = [
    *(
        "example.org",
        "ftp://example.org",
        "https://",
        "https://:443/",
        "https://exa mple.org/",
        'https://"example.org"/',
    ),
    *("<https://example.org>", "https://example.org/{id}", "https://a:b@example.org/", "https://@example.org/"),
    *("https://example.org/?key=1", "https://example.org/#top", "https://example.org:0/", "https://example.org:99999/"),
    *("https://-x.example.org/", "https://a..example.org/", f"https://{'x' * 64}.org/", "https://example.org:port/"),
]
HOSTS = [
    *("smtp.example.org:587", "smtp://smtp.example.org", "smtp.example.org/", "a@example.org", '"smtp.example.org"'),
    *("smtp example org", "a..b", "-x.example.org", "x" * 64 + ".org", "[::1]", "smtp.example.org, mx.example.org"),
]
MAILBOXES = [
    *("shop", "shop@", "@example.org", "a@example.org, b@example.org", "Shop <shop@example.org", "Shop a@example.org"),
    *("mailto:shop@example.org", "Shop <shop @example.org>", "Shop <a@example.org> <b@example.org>", "ädä@example.org"),
    f"shop@{'ü' * 70}.example",
]
ARN = "arn:aws:s3"
BUCKETS = [
    *("s3://audiences", "audiences/of", "my bucket", "bücket", "a", f"{ARN}:::audiences", f"{ARN}:::audiences/of"),
    *("https://audiences.s3.amazonaws.com", "Audiences", "my_audiences", "-audiences", "audiences-", "audiences."),
    *("a..b", "192.168.5.4", "xn--audiences", "sthree-of", "audiences.mrap", "of--x-s3", "x" * 64),
    *(f"{ARN}:eu-west-1:12:accesspoint/of", f"{ARN}:eu-west-1:123456789012:accesspoint/of/object"),
]
WRONG: dict[str, list[Any] | dict[str, list[Any]]] = {
    "url": URLS,
    "endpoint_url": URLS,
    "provider_url": URLS,
    "host": HOSTS,
    "sender_domain": HOSTS,
    "from_address": MAILBOXES,
    "reply_to": MAILBOXES,
    "bucket": BUCKETS,
    "prefix": ["../other", "a/../b", "a\\b"],
    "region": ["EU (Ireland)", "eu_west_1", "https://eu"],
    "app_key": ["a:b", "Basic a"],
    "user": {"email": ["übung"], "cheetah": ["a:b"]},
    "identifier_type": ["named user", "Named_User", "a,b"],
    "version": ["23.0", "v23", "latest", "v23.0/"],
    "audience_id": ["act_238", "https://facebook.com/238", "2 3 8", "٢٣٨"],
    "identifier": ["emial", "customer.email"],
    "address_attribute": ["emial", "external_id", "user_id"],
    "columns": [{"EMAIL": "emial"}, {"": "email"}, {"EMAIL": ""}, {"email": "email"}, {"EMAIL": 1}, {}, "email"],
    "provider": ["Postmark", "sendgrid", "postmark.com"],
    "encryption": ["SSL", "STARTTLS", "yes"],
    "port": ["25", 0, 70_000, -1, 25.0],
    "timeout_seconds": ["5", 0, 121],
    "concurrency": ["2", 0, 33],
    "escape_formulas": ["true", 0, 1],
}
GOOD: dict[str, list[Any]] = {
    "url": ["https://bücher.example/in", "http://127.0.0.1:8000/", "https://[::1]:8443/in", "https://EXAMPLE.org"],
    "bucket": ["my-audiences", "123", "of.shop", "x" * 63, f"{ARN}:eu-west-1:123456789012:accesspoint/of-shop"],
    "host": ["bücher.example", "127.0.0.1", "::1", "localhost", "mail_sink", "smtp.example.org."],
    "from_address": [
        '"Shop, Inc." <a@example.org>',
        "Shop, Inc.; [x] <a@example.org>",
        "a@bücher.example",
        "<a@b.org>",
    ],
}


@pytest.fixture
def organization() -> Organization:
    """One whose customers have an address and a state."""
    made = make_organization()
    make_field(made, "email", "string")
    make_field(made, "home-state", "string")
    return made


def _save(organization: Organization, **changes: Any) -> Destination:
    values = {"name": "CRM", "settings": {}, "secrets": {}, **changes}
    return save_destination(destination=Destination(organization=organization), changes=values)


def _walk() -> list[Any]:
    """Each setting of each kind, with what else there is when it is."""
    found = []
    for kind, shape in KINDS.items():
        for name in shape.members:
            is_provided = kind == "email" and name in {"provider", "sender_domain", "provider_url"}
            settings, secrets = PROVIDED if is_provided else WORKING[kind]
            found.append(pytest.param(kind, name, settings, secrets, id=f"{kind}-{name}"))
    return found


def _wrong(kind: str, name: str) -> list[Any]:
    several = WRONG.get(name, [])
    return several[kind] if isinstance(several, dict) else several


def test_every_kind_is_covered_by_these_tests() -> None:
    assert WORKING.keys() == KINDS.keys()
    anything = {"list_id"}
    assert {name for kind in KINDS.values() for name in kind.members} - anything == WRONG.keys()


@pytest.mark.parametrize("kind", WORKING)
def test_valid_settings_are_saved_without_surrounding_spaces(organization: Organization, kind: str) -> None:
    settings, secrets = WORKING[kind]
    pasted = {name: f" {value}\u00a0\n" if isinstance(value, str) else value for name, value in settings.items()}
    made = _save(organization, kind=kind, settings=pasted, secrets=secrets, name=" CRM ", attributes=[" home-state "])
    assert (made.settings, made.secrets, made.name, made.attributes) == (settings, secrets, "CRM", ["home-state"])


@pytest.mark.parametrize(("kind", "name", "settings", "secrets"), _walk())
def test_invalid_settings_are_refused_by_name(
    organization: Organization, kind: str, name: str, settings: dict[str, Any], secrets: dict[str, str]
) -> None:
    for value in [*NEVER, *_wrong(kind, name)]:
        if value is True and name == "escape_formulas":
            continue
        with pytest.raises(DomainError) as refused:
            _save(organization, kind=kind, settings=settings | {name: value}, secrets=secrets)
        assert any(sentence.startswith(f"{name}: ") for sentence in refused.value.fields["settings"]), value
    assert not Destination.objects.exists()
    for value in GOOD.get(name, []):
        _save(organization, kind=kind, settings=settings | {name: value}, secrets=secrets).delete()


SECRETS = [(kind, name) for kind in KINDS for name in sorted(KINDS[kind].secrets)]
# All but what only SMTP, or a signature, takes: what stands before a credential in a header is no part of it.
ISSUED = [each for each in SECRETS if each[1] != "signing_secret" and each != ("email", "password")]


@pytest.mark.parametrize(("kind", "name"), SECRETS)
def test_invalid_secrets_are_refused(organization: Organization, kind: str, name: str) -> None:
    settings, secrets = PROVIDED if name == "api_key" else WORKING[kind]
    pasted: list[Any] = [" secret", "secret ", "se\ncret", "\ud800", " ", "", 7, ["x"], "x" * 3_000]
    # What a header, or a mail server, can't be told.
    pasted += [] if name == "signing_secret" or kind == "cheetah" else ["“quoted”"]
    pasted += ["whsec_?", "whsec_"] if name == "signing_secret" else []
    pasted += ["Bearer abc", "bearer  abc", "Basic abc", "Authorization: Bearer abc"] if (kind, name) in ISSUED else []
    pasted += ['"abc"', "a bc"] if (kind, name) in ISSUED and name != "password" else []
    for value in pasted:
        with pytest.raises(DomainError) as refused:
            _save(organization, kind=kind, settings=settings, secrets=secrets | {name: value})
        assert refused.value.fields.keys() == {"secrets"}, value
        assert refused.value.fields["secrets"][0].startswith(f"{name}: "), value
    for unknown in ("", " ", "unknown"):
        with pytest.raises(DomainError) as refused:
            _save(organization, kind=kind, settings=settings, secrets=secrets | {unknown: "x"})
        assert refused.value.fields.keys() == {"secrets"}


@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        ("webhook", "url", "https://x.org/#top", "It has a fragment (#…) in it, which can't stand there."),
        ("webhook", "url", "https://x.org/?", "It has a query (?…) in it, which can't stand there."),
        ("webhook", "url", "https://x .org/", "It has a space in it."),
        ("webhook", "url", "https://[", "It has no name of a machine in it, or one that none can have."),
        ("webhook", "url", "", "It is empty."),
        ("webhook", "concurrency", "2", "It is a text; write it without quotes."),
        ("facebook", "audience_id", 23851234567890123, "It is a number; write it in quotes, as a text."),
        ("s3", "bucket", f"{ARN}:::my-bucket", "The plain name of a bucket is expected, such as audiences"),
        ("webhook", "signing_secret", "a\nb", "It has several lines."),
        ("webhook", "signing_secret", "", "It is empty."),
        ("webhook", "signing_secret", 7, "It is a number; write it in quotes, as a text."),
        ("webhook", "signing_secret", " a", "It has spaces, or the end of a line, around it."),
        ("webhook", "signing_secret", "a\u200bb", "It has characters in it that nobody sees."),
        ("facebook", "access_token", "Bearer abc", "It is expected without the word Bearer before it"),
    ],
)
def test_a_sentence_says_what_is_wrong(organization: Organization, kind: str, name: str, value: Any, told: str) -> None:
    settings, secrets = WORKING[kind]
    part, rest = ("secrets", secrets) if name in KINDS[kind].secrets else ("settings", settings)
    with pytest.raises(DomainError) as refused:
        _save(organization, **{"kind": kind, "settings": settings, "secrets": secrets, part: rest | {name: value}})
    (sentence,) = refused.value.fields[part]
    assert sentence.startswith(f"{name}: {told}")


@pytest.mark.parametrize(
    ("settings", "of_no_use"),
    [
        ({"port": 25}, "port"),
        ({"encryption": "tls"}, "encryption"),
        ({"sender_domain": "example.org"}, "sender_domain"),
        ({"provider": "postmark", "host": "smtp.example.org"}, "host"),
    ],
)
def test_a_setting_without_effect_is_refused(
    organization: Organization, settings: dict[str, Any], of_no_use: str
) -> None:
    with pytest.raises(DomainError) as refused:
        _save(
            organization, kind="email", settings={"from_address": "a@example.org", **settings}, secrets={"api_key": "k"}
        )
    assert refused.value.fields["settings"][0].startswith(f"{of_no_use}: ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": ["home_state"]},
        {"attributes": [""]},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "a\nb"},
        {"kind": "fax"},
    ],
    ids=str,
)
def test_attributes_and_names_are_checked(organization: Organization, wrong: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        _save(organization, **{"kind": "file", **wrong})
    assert refused.value.fields.keys() == wrong.keys()


def test_a_mail_destination_needs_an_address_attribute() -> None:
    """The default of a setting is one too."""
    with pytest.raises(DomainError) as refused:
        _save(make_organization(), kind="email", settings={"from_address": "a@example.org"})
    assert refused.value.fields == {"settings": ['address_attribute: the schema has no field "email".']}


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "two\nlines"},
        {"subject": "two\rlines"},
        {"subject": " "},
        {"subject": "x" * 256},
        {"subject": "{{ customer.emial }}"},
        {"text": "{{ customer.home_stat }}"},
        {"text": "{{ customer.home-state }}"},
        {"text": "{{ message.offer }}"},
        {"text": "{{ “customer.email” }}"},
        {"html": "{% if customer.vip %}x{% endif %}"},
        {"html": "{{ customer.email | default: customer.mail }}"},
        {"html": "{{ customer }}"},
        {"html": "{{ customer.email"},
        {"text": '{{ customer.email | truncate: "a" }}'},
        {"key": ""},
        {"key": "  "},
        {"key": "a\nb"},
        {"key": "x" * 256},
    ],
    ids=str,
)
def test_invalid_templates_are_refused(organization: Organization, wrong: dict[str, str]) -> None:
    words = {"key": "welcome", "subject": "Hello {{ customer.email }}", "text": "{{ customer.home_state }}"}
    with pytest.raises(DomainError) as refused:
        save_template(template=MessageTemplate(organization=organization), changes=words | wrong)
    assert refused.value.fields.keys() == wrong.keys()
    kept = save_template(template=MessageTemplate(organization=organization), changes=words | {"key": " welcome "})
    assert kept.key == "welcome"
