"""What fits a setting of a destination: what people paste is looked at here, and not found out by an audience."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

MAXIMUM_TEXT = 2048
LONGEST_HOST = 253
LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*\.?", re.IGNORECASE)
# What stands in no address, but around it in a text, in a template, or in a list.
NOT_IN_URLS = frozenset(' "<>\\^`{|}#')
SIGNING_PREFIX = "whsec_"

Check = Callable[[object], bool]


def is_text(value: object) -> bool:
    """A text that can be read, with nothing around it."""
    return isinstance(value, str) and 0 < len(value) <= MAXIMUM_TEXT and value.isprintable() and value == value.strip()


def is_ascii(value: object) -> bool:
    """A text that can stand in a header."""
    return isinstance(value, str) and is_text(value) and value.isascii()


def is_host(value: object) -> bool:
    """The name of a machine, in any script, or its address: nothing before it, no port after it."""
    if not isinstance(value, str) or not is_text(value):
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        pass
    else:
        return True
    try:
        name = value.encode("idna").decode()
    except UnicodeError:
        return False
    return len(name) <= LONGEST_HOST and HOST.fullmatch(name) is not None


def is_url(value: object) -> bool:
    """An address of HTTP without what would be lost, or told, in it: user, password, query, fragment."""
    if not isinstance(value, str) or not is_text(value) or NOT_IN_URLS & set(value):
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
        parse_url(value)
    except (ValueError, LocationParseError):
        return False
    is_plain = "@" not in parts.netloc and not parts.query and port != 0
    return parts.scheme in {"http", "https"} and is_host(parts.hostname) and is_plain


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


def is_signing_secret(secret: str) -> bool:
    """Whether something can be signed with it."""
    try:
        return bool(read_signing_secret(secret))
    except ValueError:
        return False
