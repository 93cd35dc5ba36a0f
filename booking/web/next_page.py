"""Where to go after logging in or changing the colours: a path of ours and nothing else (OWASP ASVS 5.0 3.7.2)."""

from __future__ import annotations

MAX_LENGTH = 500


def checked_next(address: str | None) -> str | None:
    """The address when it is a path with exactly one leading slash; None for anything that could leave this site.

    Browsers take a backslash for a slash and drop control characters, so both are refused anywhere in it."""
    if not address or len(address) > MAX_LENGTH or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or not address.isprintable():
        return None
    return address
