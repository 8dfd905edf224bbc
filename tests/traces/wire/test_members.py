"""What the body of a request declares is what is validated."""

from typing import Any

import pytest
from rest_framework import serializers

from customers.errors import DomainError
from traces.wire.fields import TextField
from traces.wire.members import RequestBody, read_members


def _validate_name(_body: object, value: str) -> str:
    return value


@pytest.mark.parametrize("hook", ["validate", "validate_name", "validators", "to_internal_value", "Meta"])
def test_a_body_with_a_hook_that_would_never_be_called_is_refused_when_its_class_is_made(hook: str) -> None:
    with pytest.raises(TypeError, match=hook):
        type("Body", (RequestBody,), {"name": TextField(), hook: _validate_name})


def test_members_are_validated_by_their_fields() -> None:
    class Body(RequestBody):
        first_name = TextField(maximum=3)

    assert read_members(Body, {":customer/first-name": "Ana", "unknown": 1}) == {"first_name": "Ana"}
    with pytest.raises(DomainError) as refused:
        read_members(Body, {"first-name": "Beatriz"})
    assert refused.value.fields == {"first-name": ["At most 3 characters are expected."]}


def test_a_body_may_hold_other_serializers_which_validate_themselves() -> None:
    class Place(serializers.Serializer[Any]):
        name = serializers.CharField()

        def validate_name(self, value: str) -> str:
            raise serializers.ValidationError(f"{value} is refused.")

    class Body(RequestBody):
        place = Place()

    with pytest.raises(DomainError) as refused:
        read_members(Body, {"place": {"name": "hero"}})
    assert "place" in refused.value.fields
