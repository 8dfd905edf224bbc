"""No path is a fault of ours: the character NUL, which no text of PostgreSQL has, is looked for nowhere."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.dialects.management.actor import Actor

PLACE = re.compile(r"<\w+:\w+>|\(\?P<\w+>[^)]*\)")


def _paths(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for one in resolver.url_patterns:
        path = before + str(one.pattern).lstrip("^").removesuffix("$").removesuffix("/?")
        if isinstance(one, URLPattern):
            yield path
        elif not path.startswith("/admin/"):
            yield from _paths(one, path)


PATHS = sorted({path for path in _paths(get_resolver()) if PLACE.search(path)})


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_nul_in_a_path_is_no_fault(path: str) -> None:
    owner = Actor.of()
    client = Client(headers={"Authorization": owner.authorization})
    key = f"/{owner.application.api_key}/"
    for method in ("GET", "POST", "PUT", "DELETE"):
        filled = PLACE.sub("%00", path.replace("/<str:api_key>/", key))
        assert client.generic(method, filled, b"{}", "application/json").status_code < 500, filled
