"""People who fill in the long form over HTTP while the web server dies again and again, and note what they are told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.questionnaires import flow
from booking.core.questionnaires.answers import Value, read_answer
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.sections import page_keys
from booking.models import Service
from booking.services import sessions
from tests.factories import make_account, make_appointment, make_patient
from tests.live import LiveProgram
from tests.torture.hours import hour_starts
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.sizes import SEED
from tests.torture.submitting import expect
from tests.web.clinic_change import clinic_changed

CODE = "intake"
CLIENTS = 8
PAUSE_SECONDS = 0.02
LATER_SECONDS = 0.3
"""How long after it is acknowledged an answer is saved by the negative control (early_wsgi.py)."""
RETRIED = frozenset({503})
"""Answers that say "try again": what the script of the page does too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit whose intake is filled in, and the cookie of the patient's login."""

    appointment_id: int
    public_id: str
    cookie: str


@dataclass
class Acknowledged:
    """What one person was told is saved: by link id its version and value. `lost`: what the program later said that it
    does not have. `unknown`: posts whose answer never came; each was sent again until one came."""

    answers: dict[str, tuple[int, Value | None]] = field(default_factory=dict)
    count: int = 0
    unknown: int = 0
    lost: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


@dataclass
class Fillers:
    """All of them."""

    visits: tuple[Asked, ...]
    told: tuple[Acknowledged, ...]

    @property
    def count(self) -> int:
        """How many answers were acknowledged."""
        return sum(one.count for one in self.told)

    @property
    def unknown(self) -> int:
        """How many posts had no answer."""
        return sum(one.unknown for one in self.told)

    @property
    def odd(self) -> list[str]:
        """Answers that nobody expected."""
        return [line for one in self.told for line in one.odd]


def asked_visits(session: Session) -> tuple[Asked, ...]:
    """Visits of eight patients, each logged in, of which the shipped intake is asked; committed."""
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=[CODE]))
    clinic_changed(session)
    made = []
    for at in hour_starts(utc_now().date() + timedelta(days=1), CLIENTS):
        patient = make_patient(session)
        account_id = make_account(session, patients=(patient,)).id
        visit = make_appointment(session, patient, starts_at=at)
        found = visit.id, visit.public_id
        session.rollback()
        cookie = sessions.begin_session(session, account_id=account_id, data={}, now=utc_now())
        made.append(Asked(*found, cookie))
    return tuple(made)


@contextmanager
def fillers(program: LiveProgram, *, pause: float = PAUSE_SECONDS) -> Iterator[Fillers]:
    """Eight people fill in, change and change again for as long as the block takes. Each ends with a post that was
    answered, so that nothing is left unknown."""
    with program.session() as session:
        people = Fillers(asked_visits(session), tuple(Acknowledged() for _ in range(CLIENTS)))
    is_over = threading.Event()

    def work(one: Filler) -> None:
        with closing(one.browser):
            while not is_over.is_set():
                one.fill_in_a_page()

    filling = [
        Filler(asked, told, HttpBrowser(program, asked.cookie), Random(SEED + number), pause)
        for number, (asked, told) in enumerate(zip(people.visits, people.told, strict=True))
    ]
    for one in filling:
        one.begin()
    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(work, one) for one in filling]
        try:
            yield people
        finally:
            is_over.set()
        for done in working:
            done.result()


@dataclass
class Filler:
    """One person at one form, some pages of it in any order, again and again."""

    asked: Asked
    told: Acknowledged
    browser: HttpBrowser
    chance: Random
    pause: float
    form: Questionnaire = field(default_factory=lambda: SHIPPED.latest(CODE))

    def begin(self) -> None:
        """Look at the first page, for its token."""
        expect(self.browser.get(self._path(0)), 200)

    def fill_in_a_page(self) -> None:
        """One page that its answers so far show, saved by the script or by the button."""
        values = {link_id: value for link_id, (_, value) in self.told.answers.items()}
        step = self.chance.choice(flow.steps(self.form, values))
        typed = {item.link_id: typed_answer(item, self.chance) for item in step.questions}
        answer = self._post(self._path(page_keys(self.form).index(step.key)), typed)
        read = {item.link_id: read_answer(item, *typed[item.link_id]).value for item in step.questions}
        self._note(answer, read)

    def _path(self, number: int) -> str:
        return f"/visits/{self.asked.public_id}/forms/{CODE}/{number + 1}"

    def _post(self, path: str, typed: Mapping[str, tuple[list[str], str]]) -> Answer:
        """Send until an answer comes: who sent it does not know whether the one before was done."""
        fields: dict[str, str | list[str]] = {"form_version": self.form.version}
        fields["action"] = self.chance.choice(("autosave", "continue"))
        for link_id, (raw, other) in typed.items():
            fields |= {f"v_{link_id}": str(self._version(link_id)), f"a_{link_id}": raw, f"o_{link_id}": other}
        while True:
            time.sleep(self.pause)
            try:
                answer = self.browser.post(path, **fields)
            except (HTTPException, OSError):
                self.told.unknown += 1
                self.browser.close()
                continue
            if answer.status not in RETRIED:
                return answer

    def _version(self, link_id: str) -> int:
        return self.told.answers.get(link_id, (0, None))[0]

    def _note(self, answer: Answer, read: Mapping[str, Value | None]) -> None:
        """What the answer acknowledges; an answer that another version stands there is a lost one, for nobody else
        writes here."""
        saved = json.loads(answer.text) if answer.status == 200 and answer.text.startswith("{") else None
        if answer.status == 409 or (saved and saved["conflicts"]):
            self.told.lost += read
        elif answer.status != 303 and (saved is None or saved["mistakes"]):
            self.told.odd.append(f"{answer.status} {answer.location} {answer.text[:300]}")
        else:
            for link_id, value in read.items():
                before = self.told.answers.get(link_id, (0, None))
                now = (before[0] + (value != before[1]), value)
                self.told.answers[link_id] = now
                if saved and saved["versions"][link_id] != now[0]:
                    self.told.lost.append(link_id)
            self.told.count += len(read)


def typed_answer(item: Item, chance: Random) -> tuple[list[str], str]:
    """Raw values that are an answer, and never a blank: for the types that the intake has."""
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        codes = [option.code for option in item.options if not option.is_exclusive or not item.repeats]
        return chance.sample(codes, chance.randint(1, 3) if item.repeats else 1), ""
    if item.type is ItemType.BOOLEAN:
        return [chance.choice(("true", "false"))], ""
    if item.type is ItemType.INTEGER:
        return [str(chance.randint(0, 10))], ""
    words = [f"word {chance.randrange(10**6)}" for _ in range(2 * len(item.columns) or 1)]
    return words, ""
