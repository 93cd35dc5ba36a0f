"""Eight browsers press one button at the same instant: one gets the time, seven are told the three nearest others.

Real web servers, two processes with four threads each; browsers are threads with keep-alive connections, each with a
session and a form token of its own.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Appointment
from booking.services import sessions
from tests.databases import Database, session_on
from tests.factories import make_account, make_patient
from tests.live import LiveProgram, running_program
from tests.torture import unguarded
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.racing import CLIENTS, PATIENCE_SECONDS, overlaps
from tests.torture.sizes import sized

pytestmark = [pytest.mark.on_demand, pytest.mark.torture]

ROUNDS = sized(6, 60)
CONTROL_ROUNDS = sized(8, 30)
TIMES = "/book/first-consultation/times?who=dr-cruz"
DETAILS = {
    "given_name": "Ana", "family_name": "Alvarez", "born_on-day": "17", "born_on-month": "5", "born_on-year": "1980",
    "email": "ana@example.org", "phone": "555-0142", "reason": "",
}  # fmt: skip

SLOT_LINK = re.compile(r'href="[^"]*[?&;]slot=([^"&]+)')
HREF = re.compile(r'href="([^"]+)"')

Deed = Callable[[HttpBrowser], Answer]


@pytest.fixture(scope="module")
def program(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProgram]:
    folder = tmp_path_factory.mktemp("race")
    with database.copy(folder) as url, running_program(url, folder) as running:
        yield running
        assert running.complaints() == []


@pytest.fixture
def browsers(program: LiveProgram) -> Iterator[list[HttpBrowser]]:
    with looking(program) as opened:
        yield opened


@contextmanager
def looking(program: LiveProgram) -> Iterator[list[HttpBrowser]]:
    """Eight browsers that have seen the times, each with a session and a form token."""
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(HttpBrowser(program))) for _ in range(CLIENTS)]
        assert {browser.get(TIMES).status for browser in opened} == {200}
        yield opened


def race(browsers: list[HttpBrowser], deed: Deed) -> list[Answer]:
    """All do it at once; answers in the order of the browsers."""
    barrier = Barrier(len(browsers))

    def run(browser: HttpBrowser) -> Answer:
        barrier.wait(PATIENCE_SECONDS)
        return deed(browser)

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(run, browsers, timeout=PATIENCE_SECONDS))


def hold(slot: str) -> Deed:
    return lambda browser: browser.post("/book/hold", slot=slot)


def apart(slots: list[str]) -> list[str]:
    """Every fourth: quarter hours of visits of three quarters, so that rounds do not meet."""
    return list(dict.fromkeys(slots))[::4]


def times(program: LiveProgram, number: int) -> list[str]:
    """Buttons of as many weeks as are needed, for so many rounds."""
    path, found = TIMES, list[str]()
    with closing(HttpBrowser(program)) as browser:
        while len(found) < number:
            page = browser.get(path)
            found += [slot for slot in apart(page.slots) if slot not in found]
            path = later_week(page)
    return found[:number]


def later_week(page: Answer) -> str:
    hrefs = [html.unescape(href) for href in HREF.findall(page.text)]
    return max((href for href in hrefs if "/times?" in href), key=lambda href: href.partition("from=")[2])


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def count(program: LiveProgram, model: type) -> int:
    with program.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def overlaps_in(program: LiveProgram) -> int:
    with program.session() as session:
        return overlaps(session)


ONE_WINS = Counter({303: 1, 409: CLIENTS - 1})


def test_one_of_eight_browsers_gets_the_time(program: LiveProgram, browsers: list[HttpBrowser]) -> None:
    rounds = [race(browsers, hold(slot)) for slot in times(program, ROUNDS)]

    assert [statuses(answers) for answers in rounds] == [ONE_WINS] * ROUNDS
    losers = [answer for answers in rounds for answer in answers if answer.status == 409]
    assert {len(set(answer.slots)) for answer in losers} == {3}
    assert overlaps_in(program) == 0


def test_one_of_eight_schedulers_books_the_time(program: LiveProgram) -> None:
    slots = times(program, 2 * ROUNDS)[ROUNDS:]
    before = count(program, Appointment)
    with desks(program) as schedulers:
        rounds = [race_of_desks(schedulers, slot) for slot in slots]

    assert [statuses(answers) for answers in rounds] == [ONE_WINS] * ROUNDS
    losers = [answer for answers in rounds for answer in answers if answer.status == 409]
    assert {len(set(SLOT_LINK.findall(answer.text))) for answer in losers} == {3}
    assert count(program, Appointment) == before + ROUNDS
    assert overlaps_in(program) == 0


@contextmanager
def desks(program: LiveProgram) -> Iterator[dict[str, HttpBrowser]]:
    """Eight schedulers who are logged in, each by the patient who is on the phone."""
    with ExitStack() as stack, program.session() as session:
        callers: dict[str, HttpBrowser] = {}
        for _ in range(CLIENTS):
            account = make_account(session, Role.SCHEDULER, location_ids=(1,))
            patient = make_patient(session)
            token = sessions.begin_session(session, account_id=account.id, data={}, now=utc_now())
            callers[patient.public_id] = stack.enter_context(closing(HttpBrowser(program, token)))
            session.rollback()
        yield callers


def race_of_desks(callers: dict[str, HttpBrowser], slot: str) -> list[Answer]:
    """All have read the sentence aloud; all press Book."""
    paths = {
        browser: f"/desk/book/check?{urlencode({'patient': caller, 'slot': slot})}"
        for caller, browser in callers.items()
    }
    assert {browser.get(path).status for browser, path in paths.items()} == {200}
    return race(list(paths), lambda browser: browser.post(paths[browser], nonce=browser.hidden["nonce"]))


def test_a_double_click_on_book_books_once(program: LiveProgram, browsers: list[HttpBrowser]) -> None:
    before = count(program, Appointment)
    answers = [double_click(browser, slot) for browser, slot in zip(browsers, times(program, CLIENTS), strict=True)]

    assert [statuses(pair) for pair in answers] == [Counter({303: 2})] * CLIENTS
    targets = [{answer.location for answer in pair} for pair in answers]
    assert [len(pair) for pair in targets] == [1] * CLIENTS
    assert all("/book/confirmed/" in location for pair in targets for location in pair)
    assert len(set.union(*targets)) == CLIENTS
    assert count(program, Appointment) == before + CLIENTS
    assert overlaps_in(program) == 0


def double_click(browser: HttpBrowser, slot: str) -> list[Answer]:
    """Hold, fill in, and send the last form twice at once, on two connections of one browser."""
    assert browser.post("/book/hold", slot=slot).status == 303
    assert browser.get("/book/details").status == 200
    assert browser.post("/book/details", hold=browser.hidden["hold"], **DETAILS).status == 303
    assert browser.get("/book/check").status == 200
    with closing(browser.twin()) as twin:
        form = {name: browser.hidden[name] for name in ("nonce", "hold")}
        return race([browser, twin], lambda one: one.post("/book/check", **form))


def test_without_guards_the_same_race_has_several_winners(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("unguarded")
    with database.copy(folder) as url, unguarded_program(url, folder) as program:
        with looking(program) as browsers:
            rounds = [race(browsers, hold(slot)) for slot in times(program, CONTROL_ROUNDS)]
        found = overlaps_in(program)

    assert max(statuses(answers)[303] for answers in rounds) > 1
    assert found > 0


@contextmanager
def unguarded_program(url: str, folder: Path) -> Iterator[LiveProgram]:
    with session_on(url) as session:
        unguarded.drop_guards(session)
    with running_program(url, folder, entry="tests.torture.unguarded_wsgi:app") as program:
        yield program


def test_the_program_itself_does_not_start_without_guards(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("refused")
    with database.copy(folder) as url:
        with session_on(url) as session:
            unguarded.drop_guards(session)
        with pytest.raises(AssertionError, match="is missing or altered"), running_program(url, folder):
            pass
