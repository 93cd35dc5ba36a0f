"""Names, phone numbers and addresses in the folded forms that searches compare, and the alphabet of references.

A folded form is for finding, never for showing: what a person wrote is kept as they wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from types import MappingProxyType

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, O, 1, I, L and U: a reference is read out on the phone."""

REFERENCE_LENGTH = 8

ALIKE_RATIO = 0.75
"""Share of letters in common from which two names are worth a second look: "jon smyth" and "john smith" are."""

_PLAIN_LETTERS = MappingProxyType(
    str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe"})
)
"""Letters that Unicode does not take apart into a plain letter and a mark."""

_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bb\u02bc\u2032\uff07]")
"""Whatever keyboards and phones put into O'Brien. They part no words: who is told the name by phone leaves them out."""

_EXTENSION = re.compile(r"(?:ext(?:ension|n)?\.?|x|#)\s*[0-9]{1,6}\s*$", re.IGNORECASE)

_NO_LETTER = re.compile(r"[^\w]+|_+")
_NO_DIGIT = re.compile(r"[^0-9]+")


def one_line(text: str) -> str:
    """The text in composed letters, trimmed, every run of white space a single space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """Lower case, plain letters and digits, single spaces: "  O'Brien-Łukasz " and "obrien lukasz" are the same.

    Letters of other scripts stay what they are.
    """
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NO_LETTER.sub(" ", letters.translate(_PLAIN_LETTERS)).strip()


def name_key(given_name: str, family_name: str) -> str:
    """Both names folded, given name first; an empty one leaves no space."""
    return f"{fold(given_name)} {fold(family_name)}".strip()


def without_extension(phone: str) -> str:
    """The number that is dialled: callers say its end, and never the desk behind it."""
    return _EXTENSION.sub("", phone).rstrip()


def phone_key(phone: str | None) -> str | None:
    """The digits alone, without a leading 00 and the extension; None when there is no digit.

    "+1 (555) 010-0142 ext. 3" is "15550100142".
    """
    digits = _NO_DIGIT.sub("", without_extension(phone or ""))
    return digits.removeprefix("00") or None


def email_key(email: str) -> str:
    """The address as it is compared: trimmed, lower case, composed letters."""
    return unicodedata.normalize("NFC", email).strip().casefold()


def are_names_alike(one: str, other: str) -> bool:
    """Whether two folded names may be the same person's: a word of three letters in common, or nearly the same letters.

    Meant to be asked of people born on the same day; a warning for a person to judge, never a verdict.
    """
    if {word for word in one.split() if len(word) > 2} & set(other.split()):
        return True
    in_order = (" ".join(sorted(one.split())), " ".join(sorted(other.split())))
    return SequenceMatcher(None, *in_order).ratio() >= ALIKE_RATIO
