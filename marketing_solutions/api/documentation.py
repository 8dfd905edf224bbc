"""What OpenAPI tells of the endpoints: shapes for readers; the code reads and writes them by hand."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer, inline_serializer
from rest_framework import serializers

from campaigns.models.spend_limit import LimitType, Renewal
from marketing_solutions.api.serializers.search import MAXIMUM_IDS
from marketing_solutions.api.serializers.spend_update import MAXIMUM_ENTRIES
from marketing_solutions.oauth import MANAGE, READ

TAG = "marketing solutions"
NUMBER = 'A number; `{"value": number}` in the answers of versioned paths, and accepted everywhere.'
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body get the stored answer of the first request, for 24 hours.",
)
Documented = Callable[[Callable[..., Any]], Callable[..., Any]]


class BearerAuthenticationExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """OAuth2 client credentials."""

    target_class = "marketing_solutions.api.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        """The scheme as OpenAPI writes it."""
        scopes = {READ: "Read campaigns.", MANAGE: "Create campaigns and change their spend limits."}
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": scopes}}}


class SpendLimitShape(serializers.Serializer[Any]):
    """What a campaign may spend."""

    spendLimitType = serializers.ChoiceField(choices=LimitType.values, required=False)  # noqa: N815 - the wire's names
    spendLimitRenewal = serializers.ChoiceField(choices=Renewal.values, required=False, allow_null=True)  # noqa: N815
    spendLimitAmount = serializers.JSONField(required=False, help_text=NUMBER)  # noqa: N815


class AttributesShape(serializers.Serializer[Any]):
    """The attributes of a campaign; only `spendLimit` can be changed later."""

    name = serializers.CharField(max_length=255)
    advertiserId = serializers.CharField()  # noqa: N815 - the wire's names
    goal = serializers.ChoiceField(choices=["Acquisition", "Retention", "Unspecified"])
    spendLimit = SpendLimitShape()  # noqa: N815 - the wire's names


class UpdateAttributesIn(serializers.Serializer[Any]):
    """What a PATCH may change."""

    spendLimit = SpendLimitShape(required=False)  # noqa: N815 - the wire's names


class CreateIn(serializers.Serializer[Any]):
    """A new campaign."""

    type = serializers.ChoiceField(choices=["Campaign"], required=False)
    attributes = AttributesShape()


class UpdateIn(serializers.Serializer[Any]):
    """One update."""

    type = serializers.ChoiceField(choices=["Campaign"], required=False)
    id = serializers.CharField()
    attributes = UpdateAttributesIn(required=False)


class UpdatesIn(serializers.Serializer[Any]):
    """The body of a PATCH."""

    data = serializers.ListField(child=UpdateIn(), max_length=MAXIMUM_ENTRIES)  # type: ignore[assignment]


class Ids(serializers.ListField):
    """Ids to filter by."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAXIMUM_IDS, **options)


class FiltersIn(serializers.Serializer[Any]):
    """Joined by AND; an absent or empty one filters nothing."""

    advertiserIds = Ids(required=False)  # noqa: N815 - the wire's names
    campaignIds = Ids(required=False)  # noqa: N815


class SearchIn(serializers.Serializer[Any]):
    """The body of a search; it may be empty."""

    filters = FiltersIn(required=False)


class UpdatedOut(serializers.Serializer[Any]):
    """A campaign that was updated."""

    type = serializers.ChoiceField(choices=["Campaign"])
    id = serializers.CharField()


@extend_schema_serializer(component_name="AdvertiserCampaign")
class CampaignOut(UpdatedOut):
    """A campaign."""

    attributes = AttributesShape()


class ProblemOut(serializers.Serializer[Any]):
    """An error or a warning."""

    traceIdentifier = serializers.UUIDField()  # noqa: N815 - the wire's names
    type = serializers.CharField()
    code = serializers.CharField()
    instance = serializers.CharField(help_text="`@data/<index>` of an entry, else the path.")
    title = serializers.CharField()
    detail = serializers.CharField()


class ProblemsOut(serializers.Serializer[Any]):
    """The answer of a call that failed."""

    errors = ProblemOut(many=True)  # type: ignore[assignment]
    warnings = ProblemOut(many=True)


def operation(
    summary: str,
    *,
    answer: type[serializers.Serializer[Any]],
    request: type[serializers.Serializer[Any]] | None = None,
    many: bool = False,
    status: int = 200,
) -> Documented:
    """Describe a method: `answer` stands under `data` of the envelope, an array of them where `many`."""
    body: Any = request
    if request is CreateIn:
        body = inline_serializer("CreateWrapper", {"data": CreateIn()})
    members: dict[str, Any] = {
        "data": answer(many=many),
        "errors": ProblemOut(many=True),
        "warnings": ProblemOut(many=True),
    }
    name = f"MarketingSolutions{summary.title().replace(' ', '')}"
    problems = dict.fromkeys((400, 401, 403, 404, 429), ProblemsOut)
    return extend_schema(
        summary=summary,
        tags=[TAG],
        request=body,
        parameters=[KEY] if request in {CreateIn, UpdatesIn} else None,
        responses={status: inline_serializer(name, members), **problems},
    )


token_operation: Documented = extend_schema(
    summary="Get an access token",
    tags=[TAG],
    auth=[],
    request={
        "application/x-www-form-urlencoded": inline_serializer(
            "TokenForm",
            {
                "grant_type": serializers.ChoiceField(choices=["client_credentials"]),
                "client_id": serializers.CharField(),
                "client_secret": serializers.CharField(),
                "scope": serializers.CharField(required=False),
            },
        )
    },
    responses={
        200: inline_serializer(
            "TokenAnswer",
            {
                "access_token": serializers.CharField(),
                "token_type": serializers.CharField(),
                "expires_in": serializers.IntegerField(),
                "refresh_token": serializers.CharField(allow_null=True),
            },
        ),
        401: OpenApiTypes.OBJECT,
    },
)


def described_once(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All endpoints but those below a version: they are the same, but for the form of some members."""
    return [endpoint for endpoint in endpoints if not endpoint[0].startswith("/{version}/")]
