"""Wire shapes are TypedDicts: one declaration that the code renders and reads, mypy checks and OpenAPI shows.

Each member's type is annotated with the serializer field that describes it; other shapes, and lists of them, describe
themselves (a list may be annotated with options of `ListField`). The fields don't run: a body has up to ten thousand
entries that each fail on their own, and answers are as long.
"""

from functools import cache
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from rest_framework import serializers

# Another dialect's component has the shape's own name.
COMPONENT_NAMES = {"CampaignOut": "AdvertiserCampaign"}

AnyField = serializers.Field[Any, Any, Any, Any]


def member_names(shape: type) -> tuple[str, ...]:
    """The names of a shape's members, in the order of their declaration."""
    return tuple(shape.__annotations__)


@cache
def serializer_class(shape: type, name: str = "") -> type[serializers.Serializer[object]]:
    """The serializer by which OpenAPI shows a shape, under its own name or another."""
    hints = get_type_hints(shape, include_extras=True)
    members = {member: _field(member, hint) for member, hint in hints.items()}
    name = name or COMPONENT_NAMES.get(shape.__name__, shape.__name__)
    return type(name, (serializers.Serializer,), {"__doc__": shape.__doc__, "__module__": shape.__module__, **members})


def _field(member: str, hint: object) -> AnyField:
    """The field of a member; TypeError where it is described as always there and declared as not, or not at all."""
    is_required = get_origin(hint) is not NotRequired
    hint = hint if is_required else get_args(hint)[0]
    if is_typeddict(hint):
        return serializer_class(hint)(required=is_required)
    described, *more = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(described) is list and is_typeddict(get_args(described)[0]):
        child = serializer_class(get_args(described)[0])()
        return serializers.ListField(child=child, required=is_required, **dict(*more))
    if not more:
        raise TypeError(f"{member} is not described")
    field: AnyField = more[0]
    if field.required and not is_required:
        raise TypeError(f"{member} may be absent, and is described as required")
    return field
