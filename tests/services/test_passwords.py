"""Hashing: what is stored, what an unknown account costs, how many run at once."""

from __future__ import annotations

import threading

import argon2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import TooBusy, WeakPassword
from booking.core.passwords import PasswordProblem
from booking.models import Clinic
from booking.services import passwords

GOOD = "blue lamp 47 river"


def test_a_hash_opens_with_its_password_and_no_other() -> None:
    stored = passwords.hash_password(GOOD)
    assert GOOD not in stored
    assert passwords.is_password(stored, GOOD)
    assert not passwords.is_password(stored, GOOD + "x")


def test_the_same_keys_on_another_device_give_the_same_password() -> None:
    stored = passwords.hash_password("caf\u00e9 lamp river 47")
    assert passwords.is_password(stored, "cafe\u0301 lamp river 47")


def test_a_lone_surrogate_is_hashed_like_any_sign() -> None:
    assert passwords.is_password(passwords.hash_password("\ud800 lamp river 47"), "\ud800 lamp river 47")


def test_no_hash_and_an_unreadable_one_open_with_nothing() -> None:
    assert not passwords.is_password(None, GOOD)
    assert not passwords.is_password("!", GOOD)


def test_the_parameters_are_those_of_the_rule() -> None:
    parameters = argon2.extract_parameters(passwords.hash_password(GOOD))
    assert (parameters.type, parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (
        argon2.Type.ID, 19 * 1024, 2, 1,
    )  # fmt: skip


def test_an_unknown_account_costs_what_a_known_one_costs() -> None:
    assert not passwords.needs_new_hash(passwords.DUMMY_HASH)


def test_an_older_hash_wants_a_new_one() -> None:
    older = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert passwords.needs_new_hash(older)


def test_beyond_the_places_hashing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.01)
    with passwords._place(), pytest.raises(TooBusy):
        passwords.hash_password(GOOD)
    assert passwords.hash_password(GOOD), "the place is free again"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("password1234", PasswordProblem.TOO_COMMON),
        ("Lakeview-4-Northside", PasswordProblem.ABOUT_YOU),
        ("DevilMayCry4", PasswordProblem.BREACHED),
    ],
)
def test_a_weak_password_is_refused_with_its_problem(session: Session, password: str, problem: PasswordProblem) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.demand_good_password(session, password, about=("Ana",))
    assert refused.value.details["problem"] is problem
    passwords.demand_good_password(session, GOOD, about=("Ana",))


def test_before_there_is_a_clinic_its_name_refuses_nothing(session: Session) -> None:
    session.execute(sa.delete(Clinic))
    passwords.demand_good_password(session, "Lakeview-4-Northside", about=())
