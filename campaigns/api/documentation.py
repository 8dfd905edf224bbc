"""What OpenAPI tells of an endpoint: the request under its wrapper, the answer beside its status."""

from collections.abc import Callable
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer

PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description="Rows a page: 10 when left out, at most 1 000."),
    OpenApiParameter("page", int, description="The 1-based page number."),
]
NESTED_PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description="Rows a page, at most 1 000; all there are where neither is given."),
    OpenApiParameter("page", int, description="The 1-based page number."),
]


class ApplicationAuthenticationExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular has no types
    """HTTP Basic with the application's key and secret."""

    target_class = "campaigns.api.authentication.ApplicationAuthentication"
    name = "application"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The scheme as OpenAPI writes it."""
        return {"type": "http", "scheme": "basic", "description": "User name: the api_key. Password: its secret."}


class ErrorsOut(AnswerSerializer):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]  # a member of this name, not the serializer's own fields


class ErrorOut(AnswerSerializer):
    """The answer of a call that failed."""

    status = serializers.CharField(help_text="`error`")
    errors = ErrorsOut()  # type: ignore[assignment]  # a member of this name, not the serializer's own errors


class PaginationOut(AnswerSerializer):
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
    request: tuple[object, ...] | None = None,
    parameters: list[OpenApiParameter] | None = None,
    query: list[OpenApiParameter] | None = None,
) -> Documented:
    """Describe a method: `answer` stands under `member` (an array of them where `many`), `request` is a
    wrapper and the kinds of object under it (without a wrapper: the whole body).

    A list is what has `parameters`; it shows its `pagination`. What is no list may have a `query`; where that may ask
    for a page, the answer to one that does has `pagination`.
    """
    is_list = parameters is not None
    refused = dict.fromkeys((400, 401, 404, 405, 413) if request else (401, 404, 405), ErrorOut)
    return extend_schema(
        operation_id=summary.lower().replace(" ", "_") if is_list else None,
        summary=summary,
        tags=["management"],
        request=None if request is None else _body(*request),
        parameters=parameters or query,
        responses={200: _answer(member, answer, many=many, paged=_paged(parameters, query)), **refused},
    )


@cache
def _body(wrapper: str, *kinds: type[serializers.Serializer[Any]]) -> object:
    """The request of an endpoint: one component for each kind that it takes, however many endpoints take it."""
    if not wrapper:
        return kinds[0]
    bodies = [inline_serializer(f"{kind.__name__.removesuffix('In')}Wrapper", {wrapper: kind()}) for kind in kinds]
    if len(bodies) == 1:
        return bodies[0]
    name = "".join(word.title() for word in wrapper.split("_"))
    return PolymorphicProxySerializer(f"Any{name}Wrapper", bodies, resource_type_field_name=None)


def _paged(parameters: list[OpenApiParameter] | None, query: list[OpenApiParameter] | None) -> bool | None:
    """Whether an answer always shows its page, or (False) may show one; None: never."""
    if parameters is not None:
        return True
    return False if query is NESTED_PAGE_PARAMETERS else None


@cache
def _answer(member: str, answer: type[serializers.Serializer[Any]], *, many: bool, paged: bool | None) -> Any:
    """What 200 brings: the answer, or a method error, which travels with 200 too (contract 1)."""
    members: dict[str, Any] = {"status": serializers.CharField(help_text="`ok`"), member: answer(many=many)}
    if paged is not None:
        members["pagination"] = PaginationOut(required=paged)
    name = "".join(word.title() for word in member.split("_"))
    name += answer.__name__.removesuffix("Out") + ("Page" if paged else ("Array" if many else "Object"))
    envelope = inline_serializer(name, members)
    return PolymorphicProxySerializer(f"{name}OrError", [envelope, ErrorOut], resource_type_field_name=None)
