"""Access tokens on the wire (RFC 6749; contract 4, section B "token")."""

from typing import Annotated, NotRequired, TypedDict

from rest_framework import serializers


class TokenForm(TypedDict):
    """The form that asks for a token; oauthlib reads it."""

    grant_type: Annotated[str, serializers.ChoiceField(choices=["client_credentials"])]
    client_id: Annotated[str, serializers.CharField()]
    client_secret: Annotated[str, serializers.CharField()]
    scope: NotRequired[Annotated[str, serializers.CharField(required=False)]]


class TokenAnswer(TypedDict):
    """An access token; known clients fail where `refresh_token` is absent."""

    access_token: Annotated[str, serializers.CharField()]
    token_type: Annotated[str, serializers.CharField()]
    expires_in: Annotated[int, serializers.IntegerField()]
    refresh_token: Annotated[str | None, serializers.CharField(allow_null=True)]
