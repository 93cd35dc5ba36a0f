"""Codes of the clinic file made from names, for things that are described in a form instead of a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count

_LONGEST = 60
_NAMELESS = "new"


def code_from(name: str, taken: Collection[str]) -> str:
    """A well-formed code that reminds of the name and is not among `taken`: "Dr. Ólafur Ray" becomes dr-olafur-ray.

    Names without a Latin letter or digit become "new"; a taken one gets the first free number from 2 on."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-") or _NAMELESS
    if code not in taken:
        return code
    return next(numbered for number in count(2) if (numbered := f"{code[: _LONGEST - 4]}-{number}") not in taken)
