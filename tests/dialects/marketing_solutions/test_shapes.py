"""What OpenAPI shows of an answer is what is answered: both are one shape."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from rest_framework import serializers

from marketing_solutions.api.serializers.campaign import CampaignAnswer, CreateAnswer, SearchAnswer, UpdateAnswer
from marketing_solutions.api.shapes import member_names, serializer_class
from tests.dialects.marketing_solutions.test_golden import GOLDEN

SHAPES = {
    "create": CreateAnswer,
    "get": CampaignAnswer,
    "search-all": SearchAnswer,
    "search-by-advertiser": SearchAnswer,
    "update": UpdateAnswer,
    "update-partial": UpdateAnswer,
}


class Undescribed(TypedDict):
    """A member without a field."""

    name: str


class AbsentThoughRequired(TypedDict):
    """A member that may be absent, with a field that requires it."""

    name: NotRequired[Annotated[str, serializers.CharField()]]


class Leaf(TypedDict):
    """A shape in a list."""

    number: Annotated[int, serializers.IntegerField()]


class Described(TypedDict):
    """A shape."""

    name: Annotated[str, serializers.CharField(max_length=5)]
    others: NotRequired[Annotated[list[Leaf], {"max_length": 2}]]


def _differences(shape: Any, value: Any, place: str) -> Iterator[str]:
    """Members that a shape requires and a value hasn't, and those that only the value has."""
    if get_origin(shape) in {Annotated, NotRequired}:
        yield from _differences(get_args(shape)[0], value, place)
    elif get_origin(shape) is list:
        for index, item in enumerate(value):
            yield from _differences(get_args(shape)[0], item, f"{place}.{index}")
    elif is_typeddict(shape):
        hints = get_type_hints(shape, include_extras=True)
        yield from (f"{place}.{name} is absent" for name in shape.__required_keys__ - value.keys())
        yield from (f"{place}.{name} is not declared" for name in value.keys() - hints.keys())
        for name in value.keys() & hints.keys():
            yield from _differences(hints[name], value[name], f"{place}.{name}")


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_the_contracts_answers_have_the_members_that_their_shapes_declare(name: str) -> None:
    answer = json.loads((GOLDEN / f"{name}.json").read_text())["response"]
    assert list(_differences(SHAPES[name], answer, "")) == []
    assert list(_differences(SHAPES[name], {**answer, "more": 1}, "")) == [".more is not declared"]


@pytest.mark.parametrize("shape", [Undescribed, AbsentThoughRequired])
def test_a_member_that_is_not_described_as_it_is_declared_is_refused(shape: type) -> None:
    with pytest.raises(TypeError, match="name"):
        serializer_class(shape)


def test_a_shape_is_shown_by_its_fields_in_their_order() -> None:
    shown = serializer_class(Described, "Shown")
    assert (shown.__name__, shown.__doc__, list(shown().fields)) == ("Shown", "A shape.", [*member_names(Described)])
    others = shown().fields["others"]
    assert isinstance(others, serializers.ListField)
    assert (others.required, others.max_length) == (False, 2)
