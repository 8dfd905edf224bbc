"""Times on the wire (contract 4, section A "times"): two forms come in, UTC to the second goes out."""

import re
from datetime import UTC, datetime

# Contract 1's `2020-08-13 15:52:33 -0400`.
OFFSET_FORM = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})", re.ASCII)
LONGEST = 40


def parse_instant(text: str) -> datetime:
    """ISO 8601 or the contract's own form, as aware UTC; a time without an offset is UTC. ValueError otherwise."""
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        raise ValueError("not a time")
    match = OFFSET_FORM.fullmatch(text)
    moment = datetime.fromisoformat("{}T{}{}".format(*match.groups()) if match else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def format_instant(moment: datetime) -> str:
    """`2020-08-12T17:45:48Z`; the core's times are UTC."""
    return moment.isoformat()[:19] + "Z"


def format_instant_in_message(moment: datetime) -> str:
    """`2020-08-12T17:45:48+00:00`: the form inside a creative's message object."""
    return moment.replace(microsecond=0).isoformat()
