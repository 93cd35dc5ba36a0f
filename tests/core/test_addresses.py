"""Network addresses as limits count them."""

from __future__ import annotations

import pytest

from booking.core.addresses import network_of, region_of, shown_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("no address", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_network_of_an_address(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("::1", "::1"),
        ("unix:", ""),
        (None, ""),
    ],
)
def test_of_an_address_people_are_shown_what_hundreds_share(address: str | None, shown: str) -> None:
    assert shown_network(address) == shown


@pytest.mark.parametrize(
    ("network", "region"),
    [("192.0.2.7", "192.0.0.0"), ("2001:db8:1:2::", "2001:db8::"), ("unknown", "unknown")],
)
def test_the_region_of_a_network(network: str, region: str) -> None:
    assert region_of(network) == region
