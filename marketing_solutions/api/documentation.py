"""The OpenAPI description of the endpoints, made of the shapes that they read and answer."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from marketing_solutions.api.serializers.new_campaign import CreateWrapper
from marketing_solutions.api.serializers.problem import ProblemsOut
from marketing_solutions.api.serializers.spend_update import UpdatesIn
from marketing_solutions.api.serializers.token import TokenAnswer, TokenForm
from marketing_solutions.api.shapes import serializer_class
from marketing_solutions.oauth import MANAGE, READ

TAG = "marketing solutions"
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body get the stored answer of the first request, for 24 hours.",
)
Documented = Callable[[Callable[..., Any]], Callable[..., Any]]


class BearerAuthenticationExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular has no types
    """OAuth2 client credentials."""

    target_class = "marketing_solutions.api.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_definition(self, _auto_schema: object) -> dict[str, object]:
        """The scheme as OpenAPI writes it."""
        scopes = {READ: "Read campaigns.", MANAGE: "Create campaigns and change their spend limits."}
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": scopes}}}


def operation(summary: str, *, answer: type, request: type | None = None, status: int = 200) -> Documented:
    """Describe a method by the shapes of its body and its answer."""
    name = f"MarketingSolutions{summary.title().replace(' ', '')}"
    problems = dict.fromkeys((400, 401, 403, 404, 429), serializer_class(ProblemsOut))
    return extend_schema(
        summary=summary,
        tags=[TAG],
        request=serializer_class(request) if request else None,
        parameters=[KEY] if request in {CreateWrapper, UpdatesIn} else None,
        responses={status: serializer_class(answer, name), **problems},
    )


token_operation: Documented = extend_schema(
    summary="Get an access token",
    tags=[TAG],
    auth=[],
    request={"application/x-www-form-urlencoded": serializer_class(TokenForm)},
    responses={200: serializer_class(TokenAnswer), 401: OpenApiTypes.OBJECT},
)


def described_once(endpoints: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """All endpoints but those below a version: they are the same, but for the form of some members."""
    return [endpoint for endpoint in endpoints if not endpoint[0].startswith("/{version}/")]
