"""From which address a request comes, as far as it can be believed."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

NETWORK_BITS = 64


def client_address(meta: Mapping[str, Any]) -> str:
    """The client's IP address out of a request's META; empty where there is none (a socket of this machine).

    Each of the TRUSTED_PROXIES adds whom it was called by at the end of X-Forwarded-For. What stands before that is the
    client's own word, and worth nothing.
    """
    direct = str(meta.get("REMOTE_ADDR") or "")
    if not settings.TRUSTED_PROXIES:
        return _plain(direct)
    told = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    chain = [*told, direct]
    return _plain(chain[-1 - min(settings.TRUSTED_PROXIES, len(told))]) or _plain(direct)


def network_of(address: str) -> str:
    """Whose address it is, as far as addresses tell: IPv4 ones one by one, those of IPv6 by network.

    Whoever has one address of IPv6 has as many as that of them. What is no address (a socket of this machine) is empty.
    """
    plain = _plain(address)
    if ":" not in plain:
        return plain
    return str(ipaddress.ip_network((plain, NETWORK_BITS), strict=False).network_address)


@lru_cache(maxsize=4096)
def _plain(address: str) -> str:
    """An address in its one spelling; IPv4 as such, also where it is written as IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
