"""Who tried to get in and was refused, as administrators see it: what to look at, what to do, and the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import render_template, request
from flask_babel import LazyString, gettext, lazy_gettext

from booking.adapters import dates
from booking.core.attempts import LATELY, Attempts, Worry, worries
from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.attempts import attempts as attempts_since
from booking.services.rate_limits import ABOUT_ACCOUNT, Tried, seconds_slowed
from booking.web import audited
from booking.web.accounts.views import door
from booking.web.administration.clinic_pages import bp
from booking.web.context import clinic_now
from booking.web.desk.loading import locale

USUAL = "day"
SPANS: Mapping[str, tuple[LazyString, timedelta]] = {
    "hour": (lazy_gettext("Last hour"), timedelta(hours=1)),
    USUAL: (lazy_gettext("Last 24 hours"), LATELY),
    "week": (lazy_gettext("Last 7 days"), timedelta(days=7)),
    "month": (lazy_gettext("Last 30 days"), timedelta(days=30)),
}
"""By what the address says."""


WORRY: Mapping[Worry, tuple[LazyString, LazyString]] = {
    Worry.PASSWORD_KNOWN: (
        lazy_gettext("Somebody gave a right password and failed at the second step, again and again."),
        lazy_gettext(
            "Ask the owner whether it was them. If not, their password is known: they choose a new one with “I have "
            "forgotten my password”, which also logs out everybody who is in."
        ),
    ),
    Worry.MANY_ACCOUNTS: (
        lazy_gettext("One network tries the doors of many accounts."),
        lazy_gettext(
            "It is slowed by itself. Look below whether anybody logged in from there, and ask those people. Whoever "
            "runs the program finds its address in the records of the proxy (audit sign) and can shut it out there."
        ),
    ),
    Worry.FLOOD: (
        lazy_gettext("There are so many tries that everybody is slowed down."),
        lazy_gettext(
            "Tell whoever runs the program now: the proxy or the provider can keep the flood away, the program alone "
            "cannot. People who are logged in can work on."
        ),
    ),
    Worry.GUESSED: (
        lazy_gettext("Somebody guesses at an account until they are slowed down."),
        lazy_gettext(
            "Often it is the owner, who has forgotten the password: “I have forgotten my password” helps. They are "
            "never locked out. If it was not them and they work here, see that they have a second step."
        ),
    ),
    Worry.LINK_GUESSED: (
        lazy_gettext("Somebody has a mailed link and does not know the date of birth."),
        lazy_gettext(
            "Open the visit and call the patient: somebody else may read their mail, or the date of birth here is "
            "wrong."
        ),
    ),
    Worry.MANY_REFUSALS: (
        lazy_gettext("Somebody who is logged in tries pages that are not for them."),
        lazy_gettext(
            "If they work here, ask them; their account can be closed on their page. If it is a patient, nothing was "
            "shown: tell whoever runs the program, and keep an eye on it."
        ),
    ),
}
"""What it is, and what to do."""


@bp.get("/attempts")
def attempts() -> str:
    """Tries that were refused. Patients stand here without their names, which their pages tell to who needs them."""
    wanted = request.args.get("span", USUAL)
    wanted = wanted if wanted in SPANS else USUAL
    now = utc_now()
    found = attempts_since(db.session(), since=now - SPANS[wanted][1])
    audited.saw_list(audited.LOG_READ, which="attempts")
    return render_template(
        "administration/attempts.html",
        found=found,
        totals=_totals(found),
        worries=[WORRY[one] for one in worries(found)],
        spans=[(code, word) for code, (word, _) in SPANS.items()],
        wanted=wanted,
        waits=_waits(found, now),
        tz=next(place.tz for _, place in sorted(clinic_now().locations.items())),
    )


def _totals(found: Attempts) -> list[tuple[str, int]]:
    """Numbers of the whole span with what they count."""
    passwords = found.count("log_in_refused", "wrong_log_in") + found.count("proof_refused", "password")
    codes = found.count("log_in_refused", "second_step", "passkey")
    return [
        (gettext("Wrong passwords or addresses"), passwords),
        (gettext("Second steps that failed"), codes + found.count("proof_refused", "second_factor", "passkey")),
        (gettext("Addresses not confirmed yet"), found.count("log_in_refused", "unconfirmed")),
        (gettext("Wrong dates of birth"), found.count("birth_date_refused")),
        (gettext("Refused pages"), found.count("access_refused")),
        (gettext("Times slowed down"), found.count("tries_slowed")),
    ]


def _waits(found: Attempts, now: datetime) -> dict[int, str]:
    """How long accounts that are slowed have to wait, in words."""
    limiter, session = door().limiter, db.session()
    addresses = {one.id: one.email_key for one in found.accounts}
    numbers = {one.id: f"{ABOUT_ACCOUNT}{one.id}" for one in found.accounts}
    passwords = seconds_slowed(session, limiter, Tried.LOG_IN, addresses, now=now)
    codes = seconds_slowed(session, limiter, Tried.SECOND_STEP, numbers, now=now)
    longest = {one: max(passwords.get(one, 0), codes.get(one, 0)) for one in {*passwords, *codes}}
    return {one: dates.length_text(timedelta(seconds=seconds), locale()) for one, seconds in longest.items()}
