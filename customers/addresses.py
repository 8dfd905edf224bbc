"""The client address of a request, as far as it can be trusted."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

NETWORK_BITS = 64


def client_address(meta: Mapping[str, object]) -> str:
    """The client's IP address from a request's META; empty if there is none (a Unix socket).

    Each of the TRUSTED_PROXIES appends its caller's address to X-Forwarded-For. What stands before these was sent by
    the client and is ignored.
    """
    direct = str(meta.get("REMOTE_ADDR") or "")
    if not settings.TRUSTED_PROXIES:
        return _plain(direct)
    told = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    chain = [*told, direct]
    return _plain(chain[-1 - min(settings.TRUSTED_PROXIES, len(told))]) or _plain(direct)


def network_of(address: str) -> str:
    """What to count a client by: its IPv4 address, or the /64 network of its IPv6 address; empty if there is neither.

    Whoever has one IPv6 address usually has a whole network of them.
    """
    plain = _plain(address)
    if ":" not in plain:
        return plain
    return str(ipaddress.ip_network((plain, NETWORK_BITS), strict=False).network_address)


@lru_cache(maxsize=4096)
def _plain(address: str) -> str:
    """An address in its canonical spelling; an IPv4-mapped IPv6 address as IPv4."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
