"""Acts that ask for a fresh proof of who one is: `@fresh_login_required` on their views, and `@fresh_login_to_act`
where the page itself is open to who is logged in, and only sending it is not.

Whoever proved it a moment ago (`FRESH_LOGIN_SECONDS`) goes straight on. Everybody else is asked first and then comes
back: to the page, or to what they sent, which is kept in the session meanwhile (but no secret).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.web import access
from booking.web.errors import SECRET_FIELDS
from booking.web.origin import SAFE_METHODS

Params = ParamSpec("Params")

ASKS = "asks_who"
"""Attribute of the views, so that a test finds an act that does not ask."""

ACT = "act"
"""Session value: what waits for a proof."""

LONGEST_KEPT = 200_000
"""Characters: a clinic file too. What is longer was sent by mistake."""


@dataclass(frozen=True, slots=True)
class KeptAct:
    """What somebody wanted to do: its path with the query, and what they had typed when it was a form (else None)."""

    path: str
    typed: tuple[tuple[str, str], ...] | None


def fresh_login_required(view: Callable[Params, ResponseReturnValue]) -> Callable[Params, ResponseReturnValue]:
    """Ask who it is before the view, unless that was shown a moment ago."""

    @wraps(view)
    def asked_first(*args: Params.args, **kwargs: Params.kwargs) -> ResponseReturnValue:
        if access.server_session().is_fresh():
            forget_act()
            return view(*args, **kwargs)
        _keep_act()
        return redirect(url_for("identity.confirm"), 303)

    setattr(asked_first, ASKS, True)
    return asked_first


def fresh_login_to_act(view: Callable[Params, ResponseReturnValue]) -> Callable[Params, ResponseReturnValue]:
    """The same for what is sent; to look needs no proof."""
    asked_first = fresh_login_required(view)

    @wraps(view)
    def asked_before_acting(*args: Params.args, **kwargs: Params.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if request.method in SAFE_METHODS else asked_first(*args, **kwargs)

    setattr(asked_before_acting, ASKS, True)
    return asked_before_acting


def _keep_act() -> None:
    typed = None
    if request.method == "POST":
        typed = [
            [name, value]
            for name, value in request.form.items(multi=True)
            if not any(secret in name for secret in SECRET_FIELDS)
        ]
        if sum(len(value) for _, value in typed) > LONGEST_KEPT:
            typed = []
    access.server_session()[ACT] = {"path": request.full_path.rstrip("?"), "typed": typed}


def kept_act() -> KeptAct | None:
    """What waits in this session, if anything."""
    kept = access.server_session().get(ACT)
    if kept is None:
        return None
    typed = kept["typed"]
    return KeptAct(kept["path"], None if typed is None else tuple((name, value) for name, value in typed))


def forget_act() -> None:
    """It is done, or not wanted any more."""
    access.server_session().pop(ACT, None)
