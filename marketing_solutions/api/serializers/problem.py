"""Errors and warnings on the wire (contract 2, "Partial Success / Partial Failure"; contract 4, section B)."""

from typing import Annotated, NotRequired, TypedDict

from rest_framework import serializers


class SourceOut(TypedDict):
    """Where in the request the problem is."""

    pointer: Annotated[str, serializers.CharField(help_text="A JSON pointer.")]


class ProblemOut(TypedDict):
    """An error or a warning."""

    traceIdentifier: Annotated[str, serializers.UUIDField()]
    type: Annotated[str, serializers.CharField()]
    code: Annotated[str, serializers.CharField()]
    instance: Annotated[str, serializers.CharField(help_text="`@data/<index>` of an entry, else the path.")]
    title: Annotated[str, serializers.CharField()]
    detail: Annotated[str, serializers.CharField()]
    source: NotRequired[SourceOut]
    traceId: NotRequired[
        Annotated[str, serializers.UUIDField(required=False, help_text="On versioned paths: traceIdentifier again.")]
    ]


class ProblemsOut(TypedDict):
    """The answer of a call that failed."""

    errors: list[ProblemOut]
    warnings: list[ProblemOut]
