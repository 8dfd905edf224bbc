"""The name of a machine, as people write it and as it is looked up."""

import ipaddress
import re

LONGEST_HOST = 253
LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*\.?", re.IGNORECASE)


def ascii_host(text: str) -> str | None:
    """A name, in any script, as punycode, or an address of IPv4 or IPv6; None for what is neither."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode()
    except UnicodeError:
        return None
    return name if len(name) <= LONGEST_HOST and HOST.fullmatch(name) else None
