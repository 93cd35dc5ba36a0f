"""Network addresses in the form in which rate limits count them."""

from __future__ import annotations

import ipaddress

_IPV6_SITE_BITS = 64


def network_of(address: str | None) -> str:
    """Whom a rate limit counts: the IPv4 address, or the /64 of an IPv6 one, since a household owns all of that.

    An address that cannot be read, or none, is counted as one network."""
    try:
        parsed = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    network = ipaddress.IPv6Network((int(parsed), _IPV6_SITE_BITS), strict=False)
    return str(network.network_address)
