"""Scoreboard 12. Words that occur nowhere else are typed into every form, and then looked for everywhere: what tells of
health is found nowhere, names and addresses in no log, address, subject or calendar file.

Twice: in the running program, whose logs, mails and failures are real, and in every form of the access table, with
every way out (tests/torture/every_form.py).
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from random import Random
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.messages import MessageState
from booking.models import Account, Location, Message
from booking.services import sessions
from booking.services.sealed import SEALED_COLUMNS
from tests.databases import Database, session_on
from tests.factories import make_account
from tests.house.cast import ANA, World
from tests.house.driving import CHANGING_ROWS, Driver, row_id
from tests.live import LiveProgram, running_program, wait_for
from tests.torture.canaries import MARK, Canaries, Found, asked_of_servers, bodies_of, parts_of, raw_database, words_in
from tests.torture.every_form import Sweep, exports, filled_places, logged, sealed_places, ways_out
from tests.torture.hostile import Page
from tests.torture.hours import hour_starts, open_for_years
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.several_steps import takes_several_steps
from tests.torture.sizes import SEED, print_figures, sized
from tests.torture.submitting import expect, visit_of
from tests.web.clinic_change import clinic_changed

pytestmark = [pytest.mark.torture]

PEOPLE = sized(1, 40)
LONGEST_FORM = 40
FAILING = "tests.torture.failing_wsgi:app"
LEAKING = "tests.torture.leaking_wsgi:app"
HOLD_NO_TYPED_WORDS = frozenset(
    {
        "account_preference.wishes_sealed", "appointment.needs_sealed", "login_session.network_sealed",
        "patient.contact_note_sealed", "questionnaire_response.flags_sealed", "questionnaire_response.score_sealed",
        "safety_answer.value_sealed", "task.note_sealed",
    }
)  # fmt: skip
"""What was chosen, counted or measured, or names a question; and a column that nothing writes yet. That
they are sealed is seen in the rows of the sweep: SEALED_IN_PASSING."""

SEALED_IN_PASSING = frozenset({"safety_answer.value_sealed", "task.note_sealed"})
"""Of those, what the several steps leave behind."""

FAILURES = ("/book/first-consultation/wishes/forget", "/book/mode")


class Recording(HttpBrowser):
    """Notes every address it asked for, was led to or was shown: the next page could tell it to others."""

    def __init__(self, program: LiveProgram, session: str = "") -> None:
        super().__init__(program, session)
        self.addresses: list[str] = []

    def _send(self, method: str, path: str, body: str | None = None) -> Answer:
        answer = super()._send(method, path, body)
        self.addresses += [path, answer.location, *Page(answer.text).addresses]
        return answer


def book(browser: Recording, canaries: Canaries, start: str) -> str:
    """A visit, booked by somebody new, with what they say of themselves. Its public id."""
    person = {
        "given_name": canaries.name(), "family_name": canaries.name(), "email": canaries.address(),
        "phone": canaries.phone(), "born_on-day": "17", "born_on-month": "5", "born_on-year": "1980",
    }  # fmt: skip
    browser.get("/account/log-in")
    expect(browser.post("/book/hold", slot=f"first-consultation~northside~any~dr-cruz~{start}"), 303)
    expect(browser.get("/book/details"), 200)
    wrong = {**person, "born_on-month": "13", "reason": canaries.tells_of_health()}
    expect(browser.post("/book/details", hold=browser.hidden["hold"], **wrong), 422)
    stale = browser.post("/book/details", hold=browser.hidden["hold"], **{**wrong, "csrf_token": "stale"})
    assert stale.status in {400, 422}
    right = {**person, "reason": canaries.tells_of_health()}
    expect(browser.post("/book/details", hold=browser.hidden["hold"], **right), 303)
    expect(browser.get("/book/check"), 200)
    booked = browser.post("/book/check", nonce=browser.hidden["nonce"], hold=browser.hidden["hold"])
    public_id = visit_of(booked)
    assert public_id is not None
    for path in FAILURES:
        # Elsewhere than in FAILING they do what they are for.
        assert browser.post(path, **right).status in {303, 500}
    return public_id


def fill_in(browser: Recording, canaries: Canaries, public_id: str, code: str) -> int:
    """Every page of a form, words in every field that takes words. How many words were typed."""
    typed = 0
    path = f"/visits/{public_id}/forms/{code}/1"
    for _ in range(LONGEST_FORM):
        shown = browser.get(path)
        if shown.status != 200 or path.endswith("/review"):
            break
        page = Page(shown.text)
        fields = {name: value for name, value in page.values.items() if name not in {"csrf_token", "action"}}
        words = {name: canaries.answer() for name in page.texts}
        typed += len(words)
        answer = browser.post(path, **{**fields, **words, "action": "continue"})
        expect(answer, 303)
        path = answer.location
    return typed


def other_doors(program: LiveProgram, canaries: Canaries, browser: Recording) -> None:
    """What people type who are not let in, and whom the desk looks for."""
    browser.get("/account/log-in")
    browser.post("/account/log-in", email=canaries.address(), password=canaries.password())
    browser.get("/account/forgotten")
    browser.post("/account/forgotten", email=canaries.address())
    browser.get(f"/{canaries.name()}?name={canaries.name()}")
    with program.session() as session:
        scheduler = make_account(session, Role.SCHEDULER, location_ids=(1,)).id
        session.rollback()
        cookie = sessions.begin_session(session, account_id=scheduler, data={}, now=utc_now())
    with closing(Recording(program, cookie)) as desk:
        desk.get("/desk/patients")
        found = desk.post("/desk/search", goal="", text=canaries.person[0])
        expect(found, 303)
        assert canaries.person[0].capitalize() in desk.get(found.location).text
        # The addresses of the desk count as well as those of patients; what was asked for by hand does not.
        browser.addresses += desk.addresses
    browser.addresses = [one for one in browser.addresses if "?name=" not in one]


def look_everywhere(program: LiveProgram, canaries: Canaries, addresses: list[str]) -> Found:
    letters = [file.read_bytes() for file in sorted(program.mail_folder.rglob("*")) if file.is_file()]
    logs = b"\n".join(file.read_bytes() for file in sorted(program.folder.glob("*.log")))
    subjects, calendars = parts_of(letters)
    asked = "\n".join(map(unquote, asked_of_servers(addresses)))
    return Found(
        {
            "logs": words_in(logs, canaries.all),
            "addresses": words_in(asked.encode(), canaries.all),
            "mail": words_in(b"\n".join(letters) + bodies_of(letters), canaries.hidden),
            "subjects": words_in(subjects, canaries.all),
            "calendar files": words_in(calendars, canaries.person + canaries.hidden),
            "database": words_in(raw_database(program.database_url), canaries.hidden),
        }
    )


@contextmanager
def program_on(database: Database, factory: pytest.TempPathFactory, entry: str) -> Iterator[LiveProgram]:
    folder = factory.mktemp("canaries")
    with database.copy(folder) as url:
        with session_on(url) as session:
            open_for_years(session)
        with running_program(url, folder / "program", entry=entry, has_worker=True) as program:
            yield program


def sing(program: LiveProgram, people: int) -> tuple[Canaries, list[str], int]:
    """Everything that people type. The words, all addresses, and how many words went into forms."""
    canaries, addresses, typed = Canaries(Random(SEED)), [], 0
    for start in hour_starts(utc_now().date(), people):
        with closing(Recording(program)) as browser:
            public_id = book(browser, canaries, f"{start.astimezone(UTC):%Y%m%dT%H%MZ}")
            typed += fill_in(browser, canaries, public_id, "intake-short")
            browser.get(f"/visits/{public_id}")
            browser.get(f"/visits/{public_id}/calendar.ics")
            browser.post(f"/visits/{public_id}/cancel", reason="better")
            other_doors(program, canaries, browser)
            addresses += browser.addresses
    wait_for(lambda: is_all_sent(program), what=program.logs, seconds=60)
    return canaries, addresses, typed


def is_all_sent(program: LiveProgram) -> bool:
    """Nothing that is due is left."""
    with program.session() as session:
        waiting = sa.select(Message.id).where(Message.state == MessageState.PENDING, Message.due_at <= utc_now())
        return session.scalar(waiting.limit(1)) is None


def test_what_is_typed_is_found_nowhere(database: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
    with program_on(database, tmp_path_factory, FAILING) as program:
        canaries, addresses, typed = sing(program, PEOPLE)
        found = look_everywhere(program, canaries, addresses)
        mails = len(list(program.mail_folder.rglob("*")))
        failures = sum(log.read_text().count("unexpected ") for log in program.folder.glob("*.log"))
    print_figures(
        f"canaries, {database.name}", of_health=len(canaries.health), of_people=len(canaries.person),
        in_forms=typed, mails=mails, forced_failures=failures, found=len(found.any),
    )  # fmt: skip
    assert found.any == {}
    assert typed >= 3 * PEOPLE
    assert mails > 0
    assert failures > 0


@pytest.mark.sqlite_only  # The search is the same on both; that it finds something is shown once.
def test_a_field_stored_plain_and_a_value_in_the_log_are_found(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with program_on(database, tmp_path_factory, LEAKING) as program:
        canaries, addresses, _ = sing(program, 1)
        found = look_everywhere(program, canaries, addresses)
    assert set(found.any) == {"logs", "database"}


@pytest.fixture
def sweep(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Sweep:
    return Sweep(Driver(app, World(session), client_as), Canaries(Random(SEED)))


def test_what_is_typed_into_any_form_leaves_by_no_way(sweep: Sweep, database: Database, tmp_path: Path) -> None:
    with logged() as log:
        sweep.run()
        takes_several_steps(sweep)
        sweep.sends_mail()
        found = ways_out(sweep, log.getvalue(), database.url, tmp_path)
        mine = exports(sweep)[ANA]
    words, sent = sweep.canaries, [status for some in sweep.statuses.values() for status in some]
    print_figures(
        f"canaries in every form, {database.name}", forms=len(CHANGING_ROWS), sent=len(sent), ways_out=len(found),
        accepted=sum(status in {200, 303} for status in sent), of_health=len(words.health),
        of_people=len(words.person), secret=len(words.secret), mails=len(sweep.mailer.sent),
    )  # fmt: skip
    assert Found(found).any == {}
    assert set(map(row_id, CHANGING_ROWS)) <= set(sweep.statuses)
    assert [route for route, some in sweep.statuses.items() if max(some) >= 500] == []
    # The words were typed where it counts: else it would be no wonder that they are nowhere.
    assert sealed_places(sweep) == {column.place for column in SEALED_COLUMNS} - HOLD_NO_TYPED_WORDS
    assert filled_places(sweep) >= SEALED_IN_PASSING
    assert len(words_in(mine, words.answers)) >= 3
    assert len(words.all) >= 300


@pytest.mark.sqlite_only  # As above.
def test_each_way_out_is_looked_at(sweep: Sweep, database: Database, tmp_path: Path) -> None:
    """A word that tells of health stands in the address of a place, in a line of the log and in an address."""
    word, session = sweep.canaries.tells_of_health(), sweep.driver.world.session
    sweep.canaries.answers += sweep.canaries.health
    session.execute(sa.update(Location).values(name=word, street=word))
    clinic_changed(session)
    with logged() as log:
        sweep.books_with_answers()
        sweep.sends_mail()
        logging.getLogger("leak").warning("booked: %s", word)
        sweep.addresses.append(f"/book?reason={sweep.canaries.health[0]}")
        found = ways_out(sweep, log.getvalue(), database.url, tmp_path)
    by_place = {"addresses", "logs", "mail", "calendar files", "database", "clinic file", "pages of the desk"}
    assert by_place <= set(Found(found).any)


@pytest.mark.parametrize(
    "content",
    [b"%s", b"before %s after", b"=\n%s"],
    ids=["alone", "inside", "after a broken line"],
)
def test_the_search_finds_each_spelling(content: bytes) -> None:
    word = f"{MARK}bcdfghjklm"
    assert words_in(content % word.encode(), [word]) == [word]
    assert words_in(content % word.upper().encode(), [word]) == [word]
    assert words_in(content % word.encode().hex().encode(), [word]) == [word]
    assert words_in(base64.b64encode(content % word.encode()), [word]) == [word]
    assert words_in(content % f"{MARK[:5]}=\r\n{word[5:]}".encode(), [word]) == [word]
    assert words_in(content % b"nothing", [word]) == []
    assert words_in(content % b"5550142", ["5550142"]) == ["5550142"]
