"""Which passwords are refused: too short, too long, or among the first that anybody would try.

No rules of composition and no forced change: both make passwords worse (NIST SP 800-63B 3.1.1, OWASP ASVS 5.0 6.2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

MIN_LENGTH = 12
MAX_LENGTH = 128

# The words under most long passwords of the public lists. Digits and marks around them add nothing that a guesser
# does not try, so they are taken off before the comparison.
COMMON_WORDS = frozenset(
    {
        "abc", "admin", "administrator", "angel", "appointment", "appointments", "asdfghjkl", "baseball", "basketball",
        "batman", "changeme", "charlie", "chocolate", "clinic", "computer", "correcthorsebatterystaple", "default",
        "dragon", "facebook", "fatima", "football", "freedom", "google", "guest", "hello", "iloveyou", "internet",
        "jesus", "jordan", "killer", "letmein", "liverpool", "login", "loveme", "lovely", "master", "michael", "monkey",
        "mustang", "mynoob", "mypassword", "nopassword", "ninja", "nothing", "painclinic", "passw", "passwd",
        "password", "passphrase", "patient", "pokemon", "princess", "qazwsx", "qazwsxedc", "qwerty", "qwertyuiop",
        "respite", "samsung", "secret", "shadow", "starwars", "summer", "sunshine", "superman", "temp", "test",
        "thisisapassword", "trustno", "unknown", "user", "welcome", "whatever", "winter", "zaqwsx",
    }
)  # fmt: skip

# Keyboard rows, the alphabet and the digits: any run through one of them, in either direction, is a common password.
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "zaq12wsxcde34rfvbgt56yhn",
)
_LEAST_DIFFERENT = 5
_LEET = str.maketrans({"0": "o", "@": "a", "$": "s", "1": "i", "!": "i", "3": "e", "4": "a", "5": "s", "7": "t"})


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    ABOUT_YOU = "about_you"


def normal_form(password: str) -> str:
    """The same text for the same keys on every device: composed and without compatibility forms (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def password_problem(password: str, *, about: Sequence[str] = ()) -> PasswordProblem | None:
    """The first reason to refuse it, or None. `about` are words of the person: name, e-mail address."""
    text = normal_form(password)
    if len(text) < MIN_LENGTH:
        return PasswordProblem.TOO_SHORT
    if len(text) > MAX_LENGTH:
        return PasswordProblem.TOO_LONG
    if _is_common(text.casefold()):
        return PasswordProblem.TOO_COMMON
    if _is_about(text.casefold(), about):
        return PasswordProblem.ABOUT_YOU
    return None


def _is_common(text: str) -> bool:
    unit = _repeated_unit(text)
    if len(set(text)) < _LEAST_DIFFERENT or _is_run(unit):
        return True
    word = _letters_inside(unit)
    return word in COMMON_WORDS or word.translate(_LEET) in COMMON_WORDS


def _repeated_unit(text: str) -> str:
    """The shortest text whose repetition is `text`: "passwordpassword" → "password"."""
    period = (text + text).find(text, 1)
    return text[:period]


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in _RUNS)


def _letters_inside(text: str) -> str:
    """`text` from its first to its last letter: "welcome2026!!" → "welcome"."""
    places = [place for place, character in enumerate(text) if character.isalpha()]
    return text[places[0] : places[-1] + 1] if places else ""


def _is_about(text: str, about: Sequence[str]) -> bool:
    """Whether the letters of the password are a word of the person and nothing more."""
    wholes = [word.casefold().strip() for word in about]
    words = {part for whole in wholes for part in (whole, whole.partition("@")[0], *whole.split()) if part}
    letters = _letters_inside(text)
    return any(text == word or letters == _letters_inside(word) != "" for word in words)
