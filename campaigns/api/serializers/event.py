"""Events on the wire (contract 4, "sending events"): one or a batch, each judged on its own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
from rest_framework import serializers

from campaigns.api.bodies import read_object
from campaigns.api.fields import (
    Amount,
    AnswerSerializer,
    Anything,
    Instant,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)
from campaigns.behaviors.ingestion import ReportedEvent
from customers.errors import DomainError, ErrorKind, invalid

MAXIMUM_EVENTS = 1000
MAXIMUM_ATTRIBUTES = 100
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE = timedelta(minutes=5)
SINGLE, SEVERAL = "event", "events"


class EventIn(StrictSerializer):
    """What a customer did; the customer by `user_id` or by `external_id`."""

    name = StrictString()
    user_id = StrictString(required=False)
    external_id = StrictString(required=False)
    at = Instant(required=False)
    amount = Amount(required=False, allow_null=True)
    quantity = StrictInteger(required=False, allow_null=True)
    attributes = Anything(required=False, help_text="An object of at most 100 members.")
    event_id = StrictString(required=False, allow_null=True)


class EventsIn(StrictSerializer):
    """One event, or up to 1 000."""

    event = EventIn(required=False)
    events = StrictList(child=EventIn(), required=False, maximum=MAXIMUM_EVENTS)


class EarnedOut(AnswerSerializer):
    """A behavior that an event led to."""

    behavior_id = serializers.IntegerField()
    times = serializers.IntegerField()


class EventOut(AnswerSerializer):
    """An event that was kept, by its index in the request."""

    index = serializers.IntegerField()
    event_id = serializers.CharField(allow_null=True)
    duplicate = serializers.BooleanField()
    earned = EarnedOut(many=True)


class RefusedEventOut(AnswerSerializer):
    """An event that was refused, by its index in the request."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


def read_events(body: Mapping[str, object], now: datetime) -> list[ReportedEvent | DomainError]:
    """The events of a request's body, each checked or refused on its own; DomainError for a body that is neither."""
    wrapper = SEVERAL if SEVERAL in body else SINGLE
    unknown = {name: ["Unknown attribute."] for name in body if name != wrapper}
    reported: object = body.get(wrapper)
    if reported is None or reported in ({}, []):
        raise DomainError(
            ErrorKind.MISSING,
            "missing_data",
            f"Missing {wrapper} data.",
            fields={wrapper: ["Data is required."], **unknown},
        )
    if unknown:
        raise DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Unknown attributes.", fields=unknown)
    if wrapper == SINGLE:
        return [_read(reported, now)]
    if not isinstance(reported, list) or len(reported) > MAXIMUM_EVENTS:
        raise invalid(events=f"A list of at most {MAXIMUM_EVENTS} events is expected.")
    return [_read(one, now) for one in reported]


def _read(reported: object, now: datetime) -> ReportedEvent | DomainError:
    try:
        return _reported(reported, now)
    except DomainError as error:
        return error


def _reported(reported: object, now: datetime) -> ReportedEvent:
    accepted = read_object(EventIn, SINGLE, {SINGLE: reported}, partial=False)
    at, attributes = accepted.get("at") or now, accepted.get("attributes", {})
    if ("user_id" in accepted) == ("external_id" in accepted):
        fields = {"user_id": ["Either user_id or external_id is expected."]}
        raise DomainError(ErrorKind.MISSING, "missing_data", "Required attributes are missing.", fields=fields)
    if not EARLIEST <= at <= now + FUTURE:
        raise invalid(at="A time from 1970 to five minutes ahead is expected.")
    if not _is_storable(attributes):
        raise invalid(attributes=f"An object of at most {MAXIMUM_ATTRIBUTES} members is expected, without NUL.")
    return ReportedEvent(
        name=accepted["name"],
        user_id=accepted.get("user_id"),
        external_id=accepted.get("external_id"),
        at=at,
        amount=accepted.get("amount"),
        quantity=accepted.get("quantity"),
        attributes=attributes,
        event_id=accepted.get("event_id"),
    )


def _is_storable(attributes: object) -> bool:
    """Whether PostgreSQL can keep them as JSON."""
    if not isinstance(attributes, dict) or len(attributes) > MAXIMUM_ATTRIBUTES:
        return False
    try:
        return b"\\u0000" not in orjson.dumps(attributes)
    except TypeError:
        # Nested deeper than anything is read again.
        return False
