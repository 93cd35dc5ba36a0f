"""Which passwords are refused, and why."""

from __future__ import annotations

import pytest

from booking.core.passwords import MAX_LENGTH, MIN_LENGTH, PasswordProblem, password_problem

ANA = ("Ana Alvarez", "ana.alvarez@example.org")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", PasswordProblem.TOO_SHORT),
        ("x4!kQ9_zLp2", PasswordProblem.TOO_SHORT),
        ("blue lamp 47 river" * 8, PasswordProblem.TOO_LONG),
        ("Password1234", PasswordProblem.TOO_COMMON),
        ("P@ssw0rd2026", PasswordProblem.TOO_COMMON),
        ("passwordpassword", PasswordProblem.TOO_COMMON),
        ("WELCOME2026!!", PasswordProblem.TOO_COMMON),
        ("123456789012", PasswordProblem.TOO_COMMON),
        ("210987654321", PasswordProblem.TOO_COMMON),
        ("qwertyuiopas", PasswordProblem.TOO_COMMON),
        ("aaaaaaaaaaaa", PasswordProblem.TOO_COMMON),
        ("121212121212", PasswordProblem.TOO_COMMON),
        ("ana.alvarez1980", PasswordProblem.ABOUT_YOU),
        ("Ana.Alvarez@example.org", PasswordProblem.ABOUT_YOU),
        ("ana alvarez 1980", PasswordProblem.ABOUT_YOU),
        ("4lv4r3z-4n4-1980", PasswordProblem.ABOUT_YOU),
        ("alvarez.welcome1", PasswordProblem.ABOUT_YOU),
        ("password.qwerty!", PasswordProblem.TOO_COMMON),
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str, problem: PasswordProblem) -> None:
    assert password_problem(password, about=ANA) is problem


@pytest.mark.parametrize(
    "password",
    [
        "blue lamp 47 river",
        "the quiet harbour",
        "åäö lång väg hem",
        "7391-0284-6650",
        "correct horse battery",
        "x" * 3 + "yzQ1w5rT9",
    ],
)
def test_other_passwords_are_taken_whatever_they_are_made_of(password: str) -> None:
    assert password_problem(password, about=ANA) is None


def test_a_password_known_from_a_breach_is_refused_however_it_is_written() -> None:
    known = {"dkflbvbhjdbx"}
    assert password_problem("DKflbvbhjdbX", is_breached=known.__contains__) is PasswordProblem.BREACHED
    assert password_problem("DKflbvbhjdbX", is_breached=set[str]().__contains__) is None


def test_the_name_of_the_clinic_with_a_year_is_refused_and_may_be_one_word_of_many() -> None:
    clinic = ("Harbour Pain & Recovery Clinic",)
    assert password_problem("Harbour-Clinic-2026", about=clinic) is PasswordProblem.ABOUT_YOU
    assert password_problem("calm-harbour-lights", about=clinic) is None


def test_the_longest_password_is_taken_whole() -> None:
    longest = "".join(chr(97 + place * place % 23) for place in range(MAX_LENGTH))
    assert password_problem(longest) is None
    assert password_problem(longest + "x") is PasswordProblem.TOO_LONG


def test_length_is_counted_after_bringing_signs_to_one_form() -> None:
    assert password_problem("ﬁ" * 3 + "abcxyz") == password_problem("fififiabcxyz") is None
    assert len("fififiabcxyz") == MIN_LENGTH


def test_an_empty_word_about_the_person_refuses_nothing() -> None:
    assert password_problem("7391-0284-6650", about=("", "@", "17 5")) is None
