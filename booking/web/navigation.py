"""The links of the header, by who is logged in. Only routes that exist are named here."""

from __future__ import annotations

from typing import Any

from booking.services.sessions import SessionAccount


def home_url(_account: SessionAccount | None) -> str:
    """Where the clinic's name leads."""
    return "/"


def links(_account: SessionAccount | None) -> list[dict[str, Any]]:
    """Entries with href, text and current."""
    return []
