"""Scoreboard 12. Words that occur nowhere else are typed into every form, and then looked for everywhere: what tells of
health is found nowhere, names and addresses in no log, address, subject or calendar file."""

from __future__ import annotations

import base64
import email
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.message import Message as Mail
from pathlib import Path
from random import Random
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.messages import MessageState
from booking.models import Base, Message
from booking.services import sessions
from tests.databases import Database, session_on
from tests.factories import make_account
from tests.live import LiveProgram, running_program, wait_for
from tests.torture.hostile import Page
from tests.torture.hours import hour_starts, open_for_years
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.sizes import SEED, print_figures, sized
from tests.torture.submitting import expect, visit_of

pytestmark = [pytest.mark.torture, pytest.mark.xdist_group("canaries")]

PEOPLE = sized(2, 40)
LONGEST_FORM = 40
LETTERS = "bcdfghjklmnpqrstvwxz"
FAILING = "tests.torture.failing_wsgi:app"
LEAKING = "tests.torture.leaking_wsgi:app"
FAILURES = ("/book/first-consultation/wishes/forget", "/book/mode")


@dataclass
class Canaries:
    """Words without vowels, which no page of ours has: `health` may be nowhere, `person` where people are named."""

    chance: Random
    health: list[str] = field(default_factory=list)
    person: list[str] = field(default_factory=list)

    def tells_of_health(self) -> str:
        self.health.append(self._word())
        return f"It began with {self.health[-1]} and é"

    def name(self) -> str:
        self.person.append(self._word())
        return self.person[-1].capitalize()

    def address(self) -> str:
        return f"{self.name().lower()}@example.org"

    def phone(self) -> str:
        self.person.append("".join(self.chance.choices("23456789", k=10)))
        return self.person[-1]

    def _word(self) -> str:
        return "".join(self.chance.choices(LETTERS, k=14))


class Recording(HttpBrowser):
    """Notes every address it asked for, was led to or was shown: the next page could tell it to others."""

    def __init__(self, program: LiveProgram, session: str = "") -> None:
        super().__init__(program, session)
        self.addresses: list[str] = []

    def _send(self, method: str, path: str, body: str | None = None) -> Answer:
        answer = super()._send(method, path, body)
        self.addresses += [path, answer.location, *Page(answer.text).addresses]
        return answer


@dataclass(frozen=True, slots=True)
class Found:
    """Where canaries were found, by place."""

    places: dict[str, list[str]]

    @property
    def any(self) -> dict[str, list[str]]:
        return {place: words for place, words in self.places.items() if words}


def spellings(word: str) -> Iterator[bytes]:
    """The word as text, with a capital, as hexadecimal digits, and in the middle of base64 at each of its offsets."""
    plain = word.encode()
    yield plain
    yield word.capitalize().encode()
    yield plain.hex().encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        # The first and the last letters depend on what is beside the word.
        yield encoded[4 if offset else 0 : -4].rstrip(b"=")


def words_in(content: bytes, words: list[str]) -> list[str]:
    """Those of the words that are there, in any spelling; a line that quoted-printable broke is made whole."""
    whole = content.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"\r\n", b"").replace(b"\n", b"")
    return [word for word in words if any(one in content or one in whole for one in spellings(word))]


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
        words = {name: canaries.tells_of_health() for name in page.texts}
        typed += len(words)
        answer = browser.post(path, **{**fields, **words, "action": "continue"})
        expect(answer, 303)
        path = answer.location
    return typed


def other_doors(program: LiveProgram, canaries: Canaries, browser: Recording) -> None:
    """What people type who are not let in, and whom the desk looks for."""
    browser.get("/account/log-in")
    browser.post("/account/log-in", email=canaries.address(), password=canaries.name())
    browser.get("/account/forgotten")
    browser.post("/account/forgotten", email=canaries.address())
    browser.get(f"/{canaries.name()}?name={canaries.name()}")
    with program.session() as session:
        scheduler = make_account(session, Role.SCHEDULER, location_ids=(1,)).id
        session.rollback()
        cookie = sessions.begin_session(session, account_id=scheduler, data={}, now=utc_now())
    with closing(Recording(program, cookie)) as desk:
        desk.get("/desk/patients")
        desk.post("/desk/search", name=canaries.person[0], q=canaries.person[0])
        # The addresses of the desk count as well as those of patients; what was asked for by hand does not.
        browser.addresses += desk.addresses
    browser.addresses = [one for one in browser.addresses if "?name=" not in one]


def look_everywhere(program: LiveProgram, database: Database, canaries: Canaries, addresses: list[str]) -> Found:
    letters = [file.read_bytes() for file in sorted(program.mail_folder.rglob("*")) if file.is_file()]
    logs = b"\n".join(file.read_bytes() for file in sorted(program.folder.glob("*.log")))
    both = canaries.health + canaries.person
    subjects, calendars = parts_of(letters)
    return Found(
        {
            "logs": words_in(logs, both),
            "addresses": words_in("\n".join(map(unquote, addresses)).encode(), both),
            "mail": words_in(b"\n".join(letters), canaries.health),
            "subjects": words_in(subjects, both),
            "calendar files": words_in(calendars, canaries.person),
            "database": words_in(raw_contents(program, database), canaries.health),
        }
    )


def parts_of(letters: list[bytes]) -> tuple[bytes, bytes]:
    """All subjects, and all calendar files, each in one piece; decoded. Without the line of a calendar file that names
    its recipient: calendars that do not find their own address there ignore what is changed later (RFC 5546, 3.2)."""
    subjects, calendars = [], []
    for letter in letters:
        mail: Mail = email.message_from_bytes(letter)
        subjects.append(str(mail["Subject"]).encode())
        calendars += [
            bytes(part.get_payload(decode=True) or b"")
            for part in mail.walk()
            if part.get_content_type() == "text/calendar"
        ]
    lines = b"\n".join(calendars).replace(b"\r\n ", b"").splitlines()
    return b"\n".join(subjects), b"\n".join(line for line in lines if not line.startswith(b"ATTENDEE;"))


def raw_contents(program: LiveProgram, database: Database) -> bytes:
    """On SQLite the bytes of the file and of its log; on PostgreSQL every value of every row."""
    if database.name == "sqlite":
        file = Path(program.database_url.removeprefix("sqlite:///"))
        return b"\n".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")) if one.is_file())
    with program.session() as session:
        rows = [repr(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))]
    return "\n".join(rows).encode()


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
        found = look_everywhere(program, database, canaries, addresses)
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
        found = look_everywhere(program, database, canaries, addresses)
    assert set(found.any) == {"logs", "database"}


@pytest.mark.parametrize(
    "content",
    [b"%s", b"before %s after", b"=\n%s"],
    ids=["alone", "inside", "after a broken line"],
)
def test_the_search_finds_each_spelling(content: bytes) -> None:
    word = "bcdfghjklmnpqr"
    assert words_in(content % word.encode(), [word]) == [word]
    assert words_in(base64.b64encode(content % word.encode()), [word]) == [word]
    assert words_in(b"bcdfgh=\r\njklmnpqr", [word]) == [word]
    assert words_in(b"nothing", [word]) == []
