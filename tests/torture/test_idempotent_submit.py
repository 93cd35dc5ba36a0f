"""Scoreboard 3. The last form of a booking is sent twice at once, or its answer is lost and it is sent again: there is
one visit, one confirmation, and every answer that arrives names that visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from http.client import HTTPException
from random import Random

import pytest
import sqlalchemy as sa

from booking.adapters.mail_catcher import list_messages
from booking.core.clock import utc_now
from booking.core.messages import MessageKind
from booking.models import Appointment, Message
from tests.databases import Database, session_on
from tests.live import LiveProgram, running_program, wait_for
from tests.torture.dropping_proxy import DroppingProxy, dropping_proxy
from tests.torture.hours import hour_starts, open_for_years
from tests.torture.http_browser import Answer, HttpBrowser
from tests.torture.racing import CLIENTS, overlaps
from tests.torture.sizes import SEED, print_figures, sized
from tests.torture.submitting import Person, Submit, dealt, people, visit_of

pytestmark = pytest.mark.torture

SUBMITS = sized(15, 1000)
CONTROL_SUBMITS = sized(10, 100)
FORGETFUL = "tests.torture.forgetful_wsgi:app"


@contextmanager
def program_on(
    database: Database, factory: pytest.TempPathFactory, entry: str, *, has_worker: bool
) -> Iterator[LiveProgram]:
    folder = factory.mktemp("submits")
    with database.copy(folder) as url:
        with session_on(url) as session:
            open_for_years(session)
        with running_program(url, folder, entry=entry, has_worker=has_worker) as program:
            yield program


def submit_all(program: LiveProgram, number: int, losses: tuple[int, ...]) -> list[list[Answer]]:
    """All submits; the answers that arrived, for each of them. `losses` are how many answers of one may be lost."""
    shares = dealt(hour_starts(utc_now().date(), number), people(program, CLIENTS))
    with dropping_proxy(program.port) as proxy, ThreadPoolExecutor(CLIENTS) as pool:
        answers = pool.map(lambda share: submit_share(proxy, *share, losses), shares)
        return [of_one for share in answers for of_one in share]


def submit_share(
    proxy: DroppingProxy, person: Person, times: Sequence[datetime], losses: tuple[int, ...]
) -> list[list[Answer]]:
    chance = Random(f"{SEED} {times}")
    answers = []
    for at in times:
        browser, form = person.fill_in(at)
        with closing(browser):
            answers.append(submit(proxy, browser, form, losses=chance.choice(losses)))
    return answers


def submit(proxy: DroppingProxy, browser: HttpBrowser, form: Submit, *, losses: int) -> list[Answer]:
    """Send the form until an answer comes, or twice at once when none is to be lost."""
    for _ in range(losses):
        with closing(browser.twin(proxy.port)) as on_bad_line, pytest.raises((HTTPException, OSError)):
            form.send(on_bad_line)
    if losses:
        return [form.send(browser)]
    with closing(browser.twin()) as twin, ThreadPoolExecutor(2) as pool:
        return list(pool.map(form.send, (browser, twin)))


def count(program: LiveProgram, *where: sa.ColumnElement[bool], of: type = Appointment) -> int:
    with program.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(of).where(*where)) or 0


def visits_of(answers: list[list[Answer]]) -> list[set[str | None]]:
    """For each submit which visits its answers led to."""
    return [{visit_of(answer) for answer in of_one} for of_one in answers]


def test_every_form_books_once_however_often_it_is_sent(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with program_on(database, tmp_path_factory, "wsgi:app", has_worker=True) as program:
        answers = submit_all(program, SUBMITS, losses=(0, 1, 1, 2))
        visits, confirmations = count(program), count(program, Message.kind == MessageKind.BOOKED, of=Message)
        wait_for(lambda: len(letters(program)) >= confirmations, what=program.logs, seconds=120)
        mails, complaints = letters(program), program.complaints()
        with program.session() as session:
            found = overlaps(session)

    print_figures(
        f"idempotent submit, {database.name}", submits=SUBMITS, visits=visits, confirmations=confirmations,
        mails=len(mails),
    )  # fmt: skip
    led_to = visits_of(answers)
    assert [of_one for of_one in led_to if len(of_one) != 1 or None in of_one] == []
    assert len(set.union(*led_to)) == SUBMITS
    assert (visits, confirmations, len(mails), found, complaints) == (SUBMITS, SUBMITS, SUBMITS, 0, [])


def letters(program: LiveProgram) -> list[str]:
    """Ids of the confirmations that arrived."""
    return [
        mail.id
        for mail in list_messages(program.mail_folder, limit=2 * SUBMITS)
        if mail.subject.startswith("Your appointment on")
    ]


def test_without_nonces_the_same_submits_book_more(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The control: two specialists are free, and of one form sent twice at once each of them may be given."""
    with program_on(database, tmp_path_factory, FORGETFUL, has_worker=False) as program:
        answers = submit_all(program, CONTROL_SUBMITS, losses=(0,))
        visits = count(program)

    told = Counter(answer.status for of_one in answers for answer in of_one)
    print_figures(f"submits without nonces, {database.name}", submits=CONTROL_SUBMITS, visits=visits, told=dict(told))
    assert visits > CONTROL_SUBMITS
