"""Which passwords are refused: too short, too long, among the first that anybody would try, or known from a breach.

No rules of composition and no forced change: both make passwords worse (NIST SP 800-63B 3.1.1, OWASP ASVS 5.0 6.2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

MIN_LENGTH = 12
MAX_LENGTH = 128

# The words under most long passwords of the public lists, those of this trade and of this program. Digits and marks
# around them add nothing that a guesser does not try, so they are taken off before the comparison.
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
# Somebody's words make a password when fewer letters than these stand beside them. Shorter words are no clue to it.
_FEWEST_OTHER_LETTERS = 3
_SHORTEST_WORD = 3
_LEET = str.maketrans({"0": "o", "@": "a", "$": "s", "1": "i", "!": "i", "3": "e", "4": "a", "5": "s", "7": "t"})


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    ABOUT_YOU = "about_you"
    BREACHED = "breached"


def normal_form(password: str) -> str:
    """The same text for the same keys on every device: composed and without compatibility forms (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def no_breach(_password: str) -> bool:
    """Where no list of breached passwords is at hand: none is known."""
    return False


def password_problem(
    password: str, *, about: Sequence[str] = (), is_breached: Callable[[str], bool] = no_breach
) -> PasswordProblem | None:
    """The first reason to refuse it, or None.

    `about` are names and addresses that a guesser knows: the person's and the clinic's. `is_breached` is asked for the
    password as it was typed and in small letters."""
    text = normal_form(password)
    small = text.casefold()
    if len(text) < MIN_LENGTH:
        return PasswordProblem.TOO_SHORT
    if len(text) > MAX_LENGTH:
        return PasswordProblem.TOO_LONG
    if _is_common(small):
        return PasswordProblem.TOO_COMMON
    if _is_made_of(small, COMMON_WORDS.union(_words(about))):
        return PasswordProblem.ABOUT_YOU
    if is_breached(text) or is_breached(small):
        return PasswordProblem.BREACHED
    return None


def _is_common(text: str) -> bool:
    unit = _repeated_unit(text)
    return len(set(text)) < _LEAST_DIFFERENT or _is_run(unit) or _is_made_of(text, COMMON_WORDS)


def _repeated_unit(text: str) -> str:
    """The shortest text whose repetition is `text`: "passwordpassword" → "password"."""
    period = (text + text).find(text, 1)
    return text[:period]


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in _RUNS)


def _words(about: Iterable[str]) -> set[str]:
    """The words in names and addresses, in small letters: "Ana Alvarez", "a.alvarez@example.org" → ana, alvarez,
    example, org."""
    words = {word for text in about for word in re.split(r"[\W\d_]+", normal_form(text).casefold())}
    return {word for word in words if len(word) >= _SHORTEST_WORD}


def _is_made_of(text: str, words: Iterable[str]) -> bool:
    """Whether next to no letters are left of the password without these words: neither digits nor marks count."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return any(_leaves_little(spelled, longest_first) for spelled in (text, text.translate(_LEET)))


def _leaves_little(text: str, words: Sequence[str]) -> bool:
    rest = text
    for word in words:
        rest = rest.replace(word, " ")
    return rest != text and sum(character.isalpha() for character in rest) < _FEWEST_OTHER_LETTERS
