"""An origin of web pages as browsers spell it (RFC 6454): scheme, host and, unless it is the scheme's own, port."""

import re
from urllib.parse import urlsplit

from customers.models.host import ascii_host

# No longer than the column of origins.
ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]{1,240}", re.ASCII)
PORTS = {"https": 443, "http": 80}
# Characters that browsers and Python's codec convert to punycode differently: ß, ς and joiners.
AMBIGUOUS = frozenset("ßẞς\u200c\u200d")
# Browsers take a host that ends with a number for an IPv4 address, in whatever notation.
NUMBER = re.compile(r"0x[0-9a-f]*|\d+", re.IGNORECASE)
IPV4 = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")
EXPECTED = "A host, and perhaps a port from 1 to 65535, is expected after https:// or http://."


def read_origin(text: str) -> str:
    """An origin in the spelling of browsers; ValueError, with a sentence, if the text is none."""
    text = text.strip()
    if "*" in text:
        raise ValueError("Each origin is named in full, without *.")
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("https:// or http:// is expected before the host.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(EXPECTED) from error
    if parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise ValueError("An origin has no path, query or fragment.")
    shown = f":{port}" if port not in {None, PORTS[parts.scheme]} else ""
    origin = f"{parts.scheme}://{_host(host)}{shown}"
    if "@" in parts.netloc or port == 0 or not text.isprintable() or not ORIGIN.fullmatch(origin):
        raise ValueError(EXPECTED)
    return origin


def _host(host: str) -> str:
    if AMBIGUOUS & set(host):
        raise ValueError("Its host is written as punycode (xn--…).")
    found = ascii_host(host)
    if found is None:
        raise ValueError(EXPECTED)
    if ":" in found:
        return f"[{found}]"
    is_number = NUMBER.fullmatch(found.rstrip(".").rpartition(".")[2]) is not None
    if is_number and not IPV4.fullmatch(found):
        raise ValueError(EXPECTED)
    return found.lower()
