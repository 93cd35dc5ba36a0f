"""What a patient has chosen and typed before the visit is booked. Lives in the server's session, sealed there.

It outlives the hold, a lost race and a login. What was typed is kept as typed; the forms read it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.web import access

KEY = "booking"
BOOKED_KEPT = 10
NEW_PERSON = "new"


@dataclass(slots=True)
class Draft:
    """`hold` is the id of the hold, `slot` the value of the button that made it. `whom` is a patient's public id, or
    "new". `typed` maps the names of form inputs to what was typed into them."""

    hold: str = ""
    slot: str = ""
    whom: str = ""
    typed: dict[str, list[str]] = field(default_factory=dict)

    @property
    def form_data(self) -> MultiDict[str, str]:
        """What was typed, as a form reads it."""
        return MultiDict((name, value) for name, values in self.typed.items() for value in values)

    def take(self, posted: MultiDict[str, str], names: Iterable[str]) -> None:
        """Keep what was posted for the inputs `names`; an input that was left out is empty now."""
        for name in names:
            values = posted.getlist(name)
            self.typed[name] = [value[:2000] for value in values[:20]]

    def has_person(self) -> bool:
        """Whether somebody's name was typed."""
        return any(self.typed.get("given_name", [])) or any(self.typed.get("family_name", []))


def read_draft() -> Draft:
    """The draft of this browser session; an empty one when nothing was begun."""
    kept: dict[str, Any] = access.server_session().get(KEY, {})
    return Draft(**kept)


def save_draft(draft: Draft) -> None:
    """Keep it for the next page."""
    access.server_session()[KEY] = asdict(draft)


def note_booked(nonce: str, public_id: str) -> None:
    """Forget the draft, and remember what the form led to: the same form sent again shows the same visit."""
    session = access.server_session()
    session.pop(KEY, None)
    key = access.BOOKED if access.account_or_none() is None else access.BOOKED_LOGGED_IN
    booked = {**session.get(key, {}), nonce: public_id}
    session[key] = dict(list(booked.items())[-BOOKED_KEPT:])


def booked_with(nonce: str) -> str | None:
    """The visit that this form has led to already."""
    session = access.server_session()
    booked: dict[str, str] = {**session.get(access.BOOKED, {}), **session.get(access.BOOKED_LOGGED_IN, {})}
    return booked.get(nonce)
