"""The OpenAPI description of an endpoint of the trace dialect: kebab-case members, in EDN or JSON."""

from collections.abc import Callable
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers

from traces.wire.negotiation import Format

Documented = Callable[[Callable[..., Any]], Callable[..., Any]]


def operation(
    summary: str,
    *,
    request: type[serializers.Serializer[Any]],
    answer: type[serializers.Serializer[Any]],
    status: int = 200,
) -> Documented:
    """Describe a method by its serializers, whose members are snake_case in the code and kebab-case on the wire."""
    media_types = [Format.JSON.value, Format.EDN.value]
    return extend_schema(
        summary=summary,
        tags=["trace"],
        request=dict.fromkeys(media_types, on_the_wire(request)),
        responses={(status, media_type): on_the_wire(answer) for media_type in media_types},
    )


def described_once(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All endpoints except those below `/API/`, which are the same as those below `/api/`."""
    return [endpoint for endpoint in endpoints if not endpoint[0].startswith("/API/")]


@cache
def on_the_wire(kind: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The same serializer with the names that callers see."""
    members = {name.replace("_", "-"): field for name, field in kind().get_fields().items()}
    return inline_serializer(kind.__name__, members)
