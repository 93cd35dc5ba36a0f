"""Network addresses in the form in which rate limits count them."""

from __future__ import annotations

import ipaddress

_IPV6_SITE_BITS = 64
_REGION_BITS = {4: 16, 6: 32}
_IPV4_SHOWN_BITS = 24
_IPV6_SHOWN_BITS = 48


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


def shown_network(address: str | None) -> str:
    """The part of an address by which a person may recognise a connection: "203.0.113.0/24" or a /48 of IPv6.

    It is shared by hundreds; "::1", the machine itself, stays as it is, since its network would read as none. ""
    for an address that cannot be read."""
    try:
        parsed = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.is_loopback:
        return str(parsed)
    bits = _IPV4_SHOWN_BITS if isinstance(parsed, ipaddress.IPv4Address) else _IPV6_SHOWN_BITS
    return str(ipaddress.ip_network((int(parsed), bits), strict=False))


def region_of(network: str) -> str:
    """The wider neighbourhood of what `network_of` gave, about one provider in one area: it stays the same from day to
    day while a household's own address changes. "unknown" stays as it is."""
    try:
        parsed = ipaddress.ip_address(network)
    except ValueError:
        return network
    return str(ipaddress.ip_network((parsed.packed, _REGION_BITS[parsed.version]), strict=False).network_address)
