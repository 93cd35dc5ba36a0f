"""The last form of a booking, filled in and not yet sent: what a lost answer, a double click or a crash happens to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.services import sessions
from tests.factories import make_account
from tests.live import LiveProgram
from tests.torture.http_browser import Answer, HttpBrowser

VISIT = re.compile(r"/(?:desk/visits|book/confirmed)/([^/?]+)")
PERSON = {
    "given_name": "Ana", "family_name": "Alvarez", "born_on-day": "17", "born_on-month": "5", "born_on-year": "1980",
    "email": "ana@example.org", "phone": "555-0142",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submit:
    """A form that is ready to be sent, as often as wanted; `form` has its nonce."""

    path: str
    form: dict[str, str]

    def send(self, browser: HttpBrowser) -> Answer:
        return browser.post(self.path, **self.form)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who books: a visitor, or a scheduler (`account_id`) with new callers on the phone.

    Each time in a new browser session: what is kept in one is written as a whole, and a request whose answer was lost
    may still be at work when the next visit is begun."""

    program: LiveProgram
    account_id: int | None = None

    def fill_in(self, starts_at: datetime) -> tuple[HttpBrowser, Submit]:
        """Everything but the last button, for that time, whoever is free. The caller closes the browser."""
        browser = HttpBrowser(self.program, self._login() if self.account_id else "")
        try:
            expect(browser.get("/desk/book/new" if self.account_id else "/account/log-in"), 200)
            fill_in = _fill_in_at_desk if self.account_id else _fill_in_public
            return browser, fill_in(browser, f"{starts_at.astimezone(UTC):%Y%m%dT%H%MZ}")
        except BaseException:
            browser.close()
            raise

    def _login(self) -> str:
        with self.program.session() as session:
            return sessions.begin_session(session, account_id=self.account_id, data={}, now=utc_now())


def _fill_in_at_desk(browser: HttpBrowser, start: str) -> Submit:
    described = browser.post("/desk/book/new", is_someone_else="yes", **PERSON)
    expect(described, 303)
    key = described.location.partition("new=")[2]
    path = f"/desk/book/check?{urlencode({'new': key, 'slot': f'first-consultation~northside~any~~{start}'})}"
    expect(browser.get(path), 200)
    return Submit(path, {"nonce": browser.hidden["nonce"]})


def _fill_in_public(browser: HttpBrowser, start: str) -> Submit:
    expect(browser.post("/book/hold", slot=f"first-consultation~northside~any~dr-cruz~{start}"), 303)
    expect(browser.get("/book/details"), 200)
    expect(browser.post("/book/details", hold=browser.hidden["hold"], reason="", **PERSON), 303)
    expect(browser.get("/book/check"), 200)
    return Submit("/book/check", {name: browser.hidden[name] for name in ("nonce", "hold")})


def expect(answer: Answer, status: int) -> None:
    """AssertionError with the answer when it is another one."""
    assert answer.status == status, f"{answer.status} instead of {status}: {answer.location}\n{answer.text[:2000]}"


def visit_of(answer: Answer) -> str | None:
    """Public id of the visit that the answer leads to, None when it leads to none."""
    found = VISIT.fullmatch(answer.location) if answer.status == 303 else None
    return found[1] if found else None


def people(program: LiveProgram, number: int) -> list[Person]:
    """Visitors and schedulers in turn."""
    with program.session() as session:
        scheduler = make_account(session, Role.SCHEDULER, location_ids=(1,)).id
    return [Person(program, scheduler if turn % 2 else None) for turn in range(number)]


def dealt(times: Sequence[datetime], people: Sequence[Person]) -> list[tuple[Person, Sequence[datetime]]]:
    """Each person's share of the times."""
    return [(person, times[turn :: len(people)]) for turn, person in enumerate(people)]
