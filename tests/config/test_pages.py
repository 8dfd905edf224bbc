"""Every address that is no machine's, with every method: no fault of ours, whoever asks; and the API's description."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from config import documentation
from customers.models import Operator

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "NONSENSE")
OF_OPERATORS = ("GET", "OPTIONS", "POST")
# For parameters that are neither text nor a number.
SAMPLES = {"object_id": "4711", "app_label": "auth", "content_type_id": "1", "url": "nowhere", "version": "1999-01"}


def paths(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """An address of each pattern below."""
    for pattern in patterns:
        described = pattern.pattern
        names = described.converters if hasattr(described, "converters") else {}
        here = str(described)
        for name, converter in names.items():
            here = here.replace(f"<{_kind(here, name)}{name}>", SAMPLES.get(name, _sample(converter)))
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, before + here)
        elif "(?P" not in here:
            yield before + here


def _kind(text: str, name: str) -> str:
    """`int:` of `<int:name>`, nothing of `<name>`."""
    head = text[: text.index(f"{name}>")]
    return head[head.rindex("<") + 1 :]


def _sample(converter: object) -> str:
    return "1" if "Int" in type(converter).__name__ else "unknown"


PAGES = sorted({path for path in paths(get_resolver().url_patterns) if not path.startswith(settings.API_PREFIXES)})


def test_all_pages_are_found() -> None:
    assert {"/docs/", "/schema/", "/admin/", "/admin/login/", "/sdk/javascript/prisma.js"} <= set(PAGES)
    assert "/admin/customers/customer/4711/change/" in PAGES


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_no_method_of_a_page_is_a_fault(method: str) -> None:
    client = Client(raise_request_exception=False)
    assert not faults(client, method, PAGES)
    if method in OF_OPERATORS:
        client.force_login(Operator.objects.create_superuser("operator"))
        assert not faults(client, method, [path for path in PAGES if path != "/admin/logout/"])


def faults(client: Client, method: str, asked: list[str]) -> list[tuple[str, int]]:
    """Which of these answer that we were at fault."""
    statuses = [(path, client.generic(method, path).status_code) for path in asked]
    return [(path, status) for path, status in statuses if status >= 500]


@pytest.mark.parametrize(("asked", "kind"), [({"format": "json"}, "json"), ({"format": "yaml"}, "yaml"), ({}, "yaml")])
def test_the_description_is_built_once_and_known_by_its_etag(
    asked: dict[str, str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Client().get("/schema/", asked)
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    again = Client().get("/schema/", asked)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Content-Type"] == documentation.RENDERERS[kind].media_type
    known = Client().get("/schema/", asked, headers={"if-none-match": first.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json,*/*", "json"),
        ("application/vnd.oai.openapi+json", "json"),
        ("application/json;q=0.5, application/yaml", "yaml"),
        ("*/*", "yaml"),
        ("text/html", "yaml"),
    ],
)
def test_the_description_is_in_the_format_that_is_preferred(accept: str, kind: str) -> None:
    answer = Client().get("/schema/", headers={"accept": accept})
    assert answer.headers["Content-Disposition"] == f'inline; filename="schema.{kind}"'
