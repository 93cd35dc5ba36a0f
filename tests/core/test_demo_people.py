"""The invented people are repeatable, and cannot be mistaken for anyone."""

from __future__ import annotations

import re
from collections import Counter

from booking.core.demo_people import PATIENT_COUNT, demo_patients

PATIENTS = demo_patients()


def test_the_people_are_always_the_same() -> None:
    assert demo_patients() == PATIENTS
    assert len(PATIENTS) == PATIENT_COUNT


def test_no_two_people_share_both_names() -> None:
    assert len({(p.given_name, p.family_name) for p in PATIENTS}) == PATIENT_COUNT


def test_telephone_numbers_are_kept_free_for_fiction() -> None:
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", p.phone) for p in PATIENTS)


def test_addresses_are_at_a_reserved_domain_in_plain_letters() -> None:
    assert all(p.email is None or re.fullmatch(r"[a-z]+\.[a-z]+@example\.org", p.email) for p in PATIENTS)


def test_some_have_no_address_and_some_share_one() -> None:
    addresses = Counter(p.email for p in PATIENTS)

    assert 20 < addresses.pop(None) < 100
    assert sum(1 for count in addresses.values() if count == 2) >= 10


def test_names_keep_their_accents() -> None:
    assert any(not (p.given_name + p.family_name).isascii() for p in PATIENTS)


def test_all_are_grown_up() -> None:
    assert {p.born_on.year for p in PATIENTS} <= set(range(1938, 2006))
