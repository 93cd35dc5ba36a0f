"""People who book without a pause while the web server dies again and again, and note what they were promised."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from itertools import islice

from booking.core.clock import utc_now
from tests.live import LiveProgram
from tests.torture.hours import hours_after
from tests.torture.racing import CLIENTS
from tests.torture.submitting import Person, people, visit_of

PAUSE_SECONDS = 0.05


@dataclass
class Promises:
    """What the people were told. Each adds to it as soon as an answer has come; lists take that from many threads."""

    visits: list[str] = field(default_factory=list)
    unknown: list[datetime] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.visits)


@contextmanager
def writers(program: LiveProgram) -> Iterator[Promises]:
    """Eight people book for as long as the block takes."""
    promises, is_over = Promises(), threading.Event()

    def write(person: Person, turn: int) -> None:
        times = islice(hours_after(utc_now().date()), turn, None, CLIENTS)
        while not is_over.is_set():
            _book(person, next(times), promises)

    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(write, person, turn) for turn, person in enumerate(people(program, CLIENTS))]
        try:
            yield promises
        finally:
            is_over.set()
        for work in working:
            work.result()


def _book(person: Person, at: datetime, promises: Promises) -> None:
    """Fill in and send once. A connection that breaks leaves it unknown what became of the visit."""
    try:
        browser, form = person.fill_in(at)
    except (HTTPException, OSError):
        time.sleep(PAUSE_SECONDS)
        return
    with closing(browser):
        try:
            answer = form.send(browser)
        except (HTTPException, OSError):
            promises.unknown.append(at)
            return
    visit = visit_of(answer)
    if visit is None:
        promises.odd.append(f"{answer.status} {answer.location}")
    else:
        promises.visits.append(visit)
