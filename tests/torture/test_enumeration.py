"""Scoreboard 11. Nobody learns whether an address is known, and nobody guesses a password: same bytes, same work, few
hashes for one account however many processes and addresses take part."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from random import Random
from statistics import median

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actor import Actor
from booking.core.errors import TooManyTries, WrongLogIn
from booking.services import logging_in, passwords
from booking.services.accounts import Door
from booking.services.passwords import hash_password
from booking.services.rate_limits import LIMITS, Limiter, Tried
from tests.databases import Database
from tests.factories import NOW, make_account
from tests.house.driving import sameness
from tests.live import LiveProgram, running_program
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.sizes import IS_LONG, SEED, print_figures, sized

pytestmark = [pytest.mark.torture, pytest.mark.on_demand]

PAIRS = sized(20, 500)
GUESSES = sized(500, 10_000)
NETWORKS = 100
MOST_HASHES_IN_AN_HOUR = 20
LARGEST_DIFFERENCE = 0.05
ACCOUNT = LIMITS[Tried.LOG_IN].account.capacity
PASSWORD = "blue lamp 47 river"
UNKNOWN = "nobody@example.org"
PERSON = {
    "given_name": "Ana", "family_name": "Alvarez", "born_on-day": "17", "born_on-month": "5", "born_on-year": "1980",
    "phone": "", "password": "green kettle 12 stone",
}  # fmt: skip
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "log in": ("/account/log-in", {"password": "not the password 9"}),
    "ask for a new password": ("/account/forgotten", {}),
    "register": ("/account/register", PERSON),
}
OWN_HEADERS = {"Set-Cookie", "X-Request-ID", "Date"}


@pytest.fixture
def known(session: Session) -> str:
    return make_account(session, password_hash=hash_password(PASSWORD)).email


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what is computed."""
    counted: Counter[str] = Counter()
    hasher = passwords._hasher

    class Counting:
        def verify(self, *arguments: str) -> bool:
            counted["verify"] += 1
            return hasher.verify(*arguments)

        def hash(self, *arguments: str) -> str:
            counted["hash"] += 1
            return hasher.hash(*arguments)

        check_needs_rehash = staticmethod(hasher.check_needs_rehash)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return counted


def send(client: FlaskClient, form: str, email: str) -> TestResponse:
    path, fields = FORMS[form]
    return client.post(path, data={**fields, "email": email, "nonce": f"nonce of {email}"}, buffered=True)


def all_that_is_told(answer: TestResponse, email: str) -> tuple[object, ...]:
    """Status, bytes and headers, apart from the address itself and from ids that are new each time."""
    headers = sorted((name, value) for name, value in answer.headers if name not in OWN_HEADERS)
    return sameness(answer, email), [(name, value) for name, value in headers if name != "Content-Length"]


@pytest.mark.parametrize("form", FORMS)
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
    app: Flask, known: str, hashes: Counter[str], form: str
) -> None:
    told, work = [], []
    for email in (known, UNKNOWN):
        hashes.clear()
        client = app.test_client()
        first = send(client, form, email)
        next_page = client.get(first.headers.get("Location", "/account/log-in"))
        told.append((all_that_is_told(first, email), all_that_is_told(next_page, email)))
        work.append(dict(hashes))
    assert told[0] == told[1]
    assert work[0] == work[1]


def test_without_a_hash_for_nobody_the_work_differs(
    app: Flask, known: str, hashes: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = logging_in.is_password
    monkeypatch.setattr(
        logging_in, "is_password", lambda stored, typed: real(stored, typed) if stored is not None else False
    )
    work = []
    for email in (known, UNKNOWN):
        hashes.clear()
        send(app.test_client(), "log in", email)
        work.append(hashes.total())
    assert work == [1, 0]


@pytest.mark.skipif(not IS_LONG, reason="judged by the clock: in the long form alone")
@pytest.mark.parametrize("form", FORMS)
def test_the_answers_take_the_same_time(app: Flask, session: Session, form: str) -> None:
    """Known and unknown in turn, each first every other time, so that what else the machine does meets both; each
    address once, since the first try of an address makes its bucket."""
    stored = hash_password(PASSWORD)
    addresses = [make_account(session, password_hash=stored).email for _ in range(PAIRS)]
    session.rollback()
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number, known in enumerate(addresses):
        pair = {"known": known, "unknown": f"no{number}@example.org"}
        for kind in sorted(pair, reverse=bool(number % 2)):
            client = app.test_client()
            began = time.perf_counter()
            send(client, form, pair[kind])
            times[kind].append(time.perf_counter() - began)
    known_time, unknown_time = median(times["known"]), median(times["unknown"])
    difference = abs(known_time - unknown_time) / max(known_time, unknown_time)
    print_figures(
        f"time to {form}", pairs=PAIRS, ms_known=round(known_time * 1000, 1), ms_unknown=round(unknown_time * 1000, 1)
    )
    assert difference <= LARGEST_DIFFERENCE


def guess_for_an_hour(session: Session, email: str, number: int) -> Counter[str]:
    """That many guesses at one account, evenly over an hour, from a hundred addresses. How they were answered."""
    told: Counter[str] = Counter()
    chance = Random(SEED)
    limiter = Limiter("a secret")
    for turn in range(number):
        door = Door(f"198.51.100.{chance.randrange(NETWORKS)}", limiter)
        at = NOW + timedelta(hours=1) * turn / number
        try:
            logging_in.log_in(session, actor=Actor(), door=door, email=email, password=f"guess {turn}", now=at)
        except (WrongLogIn, TooManyTries) as refused:
            told[refused.code] += 1
    return told


def test_few_guesses_at_one_account_reach_a_hash(
    session: Session, known: str, hashes: Counter[str], database: Database
) -> None:
    told = guess_for_an_hour(session, known, GUESSES)
    print_figures(f"guessing, {database.name}", guesses=GUESSES, hashes=hashes.total(), addresses=NETWORKS)
    assert told.total() == GUESSES
    assert 0 < hashes.total() <= MOST_HASHES_IN_AN_HOUR


def test_an_unknown_address_is_guessed_at_just_as_slowly(session: Session, hashes: Counter[str]) -> None:
    guess_for_an_hour(session, UNKNOWN, 200)
    assert 0 < hashes.total() <= MOST_HASHES_IN_AN_HOUR


class FromElsewhere(HttpBrowser):
    """A browser on a connection of its own, behind the one proxy, at an address of its own."""

    def __init__(self, program: LiveProgram, address: str) -> None:
        super().__init__(program)
        self._headers = {**self._headers, "X-Forwarded-For": address}


def guess_over_http(program: LiveProgram, number: int) -> Counter[int]:
    """Guesses over new connections, which either of the two processes takes. Answers by status."""
    told: Counter[int] = Counter()
    for turn in range(number):
        with closing(FromElsewhere(program, f"203.0.113.{turn + 1}")) as browser:
            browser.get("/account/log-in")
            answer: Answer = browser.post("/account/log-in", email=UNKNOWN, password=f"guess {turn}")
            told[answer.status] += 1
    return told


@pytest.mark.parametrize(
    ("entry", "is_exact"), [("wsgi:app", True), ("tests.torture.process_limits_wsgi:app", False)], ids=["db", "process"]
)
@pytest.mark.sqlite_only
def test_the_limit_is_one_for_both_processes(
    database: Database, tmp_path_factory: pytest.TempPathFactory, entry: str, is_exact: bool
) -> None:
    """And where each process counts for itself, which is the control, there are more."""
    folder = tmp_path_factory.mktemp("guesses")
    settings = {"RATE_LIMIT_FACTOR": "1", "TRUSTED_PROXIES": "1"}
    with database.copy(folder) as url, running_program(url, folder, entry=entry, **settings) as program:
        told = guess_over_http(program, 5 * ACCOUNT)
        complaints = program.complaints()
    print_figures("guesses at two processes", entry=entry, told=dict(told))
    assert complaints == []
    assert set(told) == {422, 429}
    assert (told[422] == ACCOUNT) is is_exact
