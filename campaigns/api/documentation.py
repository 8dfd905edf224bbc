"""What OpenAPI tells of an endpoint: the request under its wrapper, the answer beside its status."""

from collections.abc import Callable
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description="Rows a page: 10 when left out, at most 100."),
    OpenApiParameter("page", int, description="The 1-based page number."),
]


class ApplicationAuthenticationExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """HTTP Basic with the application's key and secret."""

    target_class = "campaigns.api.authentication.ApplicationAuthentication"
    name = "application"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """The scheme as OpenAPI writes it."""
        return {"type": "http", "scheme": "basic", "description": "User name: the api_key. Password: its secret."}


class ErrorsOut(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]


class ErrorOut(serializers.Serializer[Any]):
    """The answer of a call that failed."""

    status = serializers.CharField(help_text="`error`")
    errors = ErrorsOut()  # type: ignore[assignment]


class PaginationOut(serializers.Serializer[Any]):
    """Which page of a list this is."""

    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()


Documented = Callable[[Callable[..., Any]], Callable[..., Any]]


def operation(
    summary: str,
    *,
    member: str,
    answer: type[serializers.Serializer[Any]],
    many: bool = False,
    request: tuple[str, type[serializers.Serializer[Any]]] | None = None,
    parameters: list[OpenApiParameter] | None = None,
) -> Documented:
    """Describe a method: `answer` stands under `member` (an array of them where `many`), `request` under its wrapper.

    A list is what has `parameters`; it shows its `pagination`.
    """
    is_list = parameters is not None
    return extend_schema(
        operation_id=summary.lower().replace(" ", "_") if is_list else None,
        summary=summary,
        tags=["management"],
        request=None if request is None else _wrapped(*request),
        parameters=parameters,
        responses={200: _envelope(member, answer, many=many, is_list=is_list), 401: ErrorOut, 404: ErrorOut},
    )


@cache
def _wrapped(wrapper: str, kind: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The request of an endpoint: one component each, however many endpoints take it."""
    return inline_serializer(f"{kind.__name__.removesuffix('In')}Wrapper", {wrapper: kind()})


@cache
def _envelope(
    member: str, answer: type[serializers.Serializer[Any]], *, many: bool, is_list: bool
) -> serializers.Serializer[Any]:
    """The answer of an endpoint: one component each, however many endpoints give it."""
    members: dict[str, Any] = {"status": serializers.CharField(help_text="`ok`"), member: answer(many=many)}
    if is_list:
        members["pagination"] = PaginationOut()
    name = "".join(word.title() for word in member.split("_"))
    variant = "Page" if is_list else ("Array" if many else "Object")
    return inline_serializer(f"{name}{answer.__name__.removesuffix('Out')}{variant}", members)
