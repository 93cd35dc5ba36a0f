"""Network addresses as limits count them."""

from __future__ import annotations

import pytest

from booking.core.addresses import network_of


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
