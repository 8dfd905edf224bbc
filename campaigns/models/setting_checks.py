"""What fits a setting of a destination: what people paste is looked at here, and not found out by an audience."""

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from customers.models.host import ascii_host

MAXIMUM_TEXT = 2048
# What stands in no address, but around it in a text, in a template, or in a list.
NOT_IN_URLS = frozenset(' "<>\\^`{|}#')
SIGNING_PREFIX = "whsec_"
# What S3 lets a bucket be called (AWS, "General purpose bucket naming rules"), and the ARN of an access point.
BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
BUCKETS_END_NOT_WITH = ("--ol-s3", "--x-s3", "--table-s3", ".mrap")
DOTTED = re.compile(r"\d+(\.\d+){3}")
ACCESS_POINT = re.compile(r"arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:accesspoint[:/][a-z0-9-]{3,63}", re.ASCII)

# What stands before a credential in a header, and is pasted with it.
SCHEME = re.compile(r"(authorization:|bearer|basic|token)\s+\S", re.IGNORECASE)
NO_HOST = "It has no name of a machine in it, or one that none can have."

Check = Callable[[object], bool]


def trouble_of_text(value: object) -> str:
    """What is wrong with what should be a text that can be read, with nothing around it; empty where nothing is."""
    if not isinstance(value, str):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return "It is a number; write it in quotes, as a text." if is_number else "It is no text."
    if not value.strip():
        return "It is empty."
    if value != value.strip():
        return "It has spaces, or the end of a line, around it."
    if len(value.splitlines()) > 1:
        return "It has several lines."
    if not value.isprintable():
        return "It has characters in it that nobody sees."
    return f"It has more than {MAXIMUM_TEXT} characters." if len(value) > MAXIMUM_TEXT else ""


def trouble_of_value(value: object) -> str:
    """What is wrong with a setting that must be a number or a boolean: it is a text. Empty if nothing is."""
    return "It is a text; write it without quotes." if isinstance(value, str) else ""


def is_text(value: object) -> bool:
    """Whether it is a printable text without surrounding white space, of a line and within the length."""
    return not trouble_of_text(value)


def is_ascii(value: object) -> bool:
    """Whether it is such a text in ASCII, as a header may have."""
    return isinstance(value, str) and is_text(value) and value.isascii()


def is_host(value: object) -> bool:
    """The name of a machine, in any script, or its address: nothing before it, no port after it."""
    return isinstance(value, str) and is_text(value) and ascii_host(value) is not None


def trouble_of_url(value: object) -> str:
    """What is wrong with an address of HTTP; no user, password, query or fragment may be lost, or told, in it."""
    if not isinstance(value, str) or not is_text(value):
        return trouble_of_text(value)
    if not value.lower().startswith(("https://", "http://")):
        return "An address that begins with https:// or http:// is expected."
    for sign, what in {"#": "a fragment", "?": "a query"}.items():
        if sign in value:
            return f"It has {what} ({sign}…) in it, which can't stand there."
    wrong = sorted(NOT_IN_URLS & set(value))
    if wrong:
        return f"It has {wrong[0]} in it, which stands in no address." if wrong[0].strip() else "It has a space in it."
    return _trouble_of_authority(value)


def _trouble_of_authority(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return NO_HOST
    if "@" in parts.netloc:
        return "It has a user or a password (…@) in it, which can't stand there."
    try:
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if not has_port:
        return "Its port is no number from 1 to 65535."
    try:
        parse_url(url)
    except LocationParseError:
        return NO_HOST
    return "" if is_host(host) else NO_HOST


def is_url(value: object) -> bool:
    """An address of HTTP without what would be lost, or told, in it: user, password, query, fragment."""
    return not trouble_of_url(value)


def trouble_of_bucket(value: object) -> str:
    """What is wrong with what should be the name of a bucket, or the ARN of an access point."""
    if not isinstance(value, str) or not is_text(value):
        return trouble_of_text(value)
    if ACCESS_POINT.fullmatch(value):
        return ""
    if value.startswith(("arn:", "s3:", "http:", "https:")):
        return "The plain name of a bucket is expected, such as audiences, without what stands before and after it."
    is_name = BUCKET.fullmatch(value) and not value.endswith(BUCKETS_END_NOT_WITH) and not DOTTED.fullmatch(value)
    return (
        "" if is_name else "S3 has no such names: 3 to 63 of a-z, 0-9, dots and hyphens, letters or digits around them."
    )


def is_bucket(value: object) -> bool:
    """What S3 lets a bucket be called."""
    return not trouble_of_bucket(value)


def trouble_of_credential(value: str) -> str:
    """What is wrong with a key or token that was issued by a machine: they are of one word, and of ASCII."""
    if SCHEME.match(value):
        return f"It is expected without the word {value.split(maxsplit=1)[0]} before it; that is sent by itself."
    if any(character.isspace() or character in "\"'" for character in value):
        return "It has spaces or quotes in it."
    return "" if value.isascii() else "It has characters in it that are not ASCII."


def matches(pattern: str) -> Check:
    """A text of this form."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and is_text(value) and compiled.fullmatch(value) is not None


def is_folder(value: object) -> bool:
    """A place in a bucket that leads nowhere else."""
    return isinstance(value, str) and is_text(value) and "\\" not in value and ".." not in value.split("/")


def one_of(values: frozenset[str]) -> Check:
    """One of these texts."""
    return lambda value: isinstance(value, str) and value in values


def is_within(numbers: range) -> Check:
    """One of these numbers."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value in numbers


def read_signing_secret(secret: str) -> bytes:
    """The bytes that sign; ValueError for a secret that begins with `whsec_` and is no Base64 of anything."""
    if not secret.startswith(SIGNING_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(SIGNING_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("no Base64") from error
    if not key:
        raise ValueError("empty")
    return key


def trouble_of_signing_secret(secret: str) -> str:
    """What is wrong with a secret that signs; empty where nothing is."""
    try:
        read_signing_secret(secret)
    except ValueError:
        return "What begins with whsec_ goes on in Base64."
    return ""
