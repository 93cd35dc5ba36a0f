"""Eight clients at the same time: each is a process of its own that books through the service when it is told to."""

from __future__ import annotations

import multiprocessing as mp
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.visits import Booker
from booking.adapters.database import create_engine
from booking.config import Settings
from booking.core.errors import SlotTaken
from booking.services.sealed import KEYS

COUNT = 8
START_SECONDS = 120


@dataclass(slots=True)
class Storm:
    """What one client met while all of them wanted the same times. Milliseconds; errors by their name."""

    lost: list[float] = field(default_factory=list)
    won: int = 0
    errors: list[str] = field(default_factory=list)


class Crew:
    """The clients. Each has its own group of resources; in a storm all of them want those of the first."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def rate(self, clients: int, seconds: float) -> float:
        """Bookings a second of the first `clients` together, each on its own resources."""
        return float(sum(self._told(("rate", seconds), clients))) / seconds

    def storm(self, rounds: int) -> list[Storm]:
        """All clients want the same time, `rounds` times."""
        return self._told(("storm", rounds), COUNT)

    def _told(self, order: tuple[str, Any], clients: int) -> list[Any]:
        for pipe in self._pipes[:clients]:
            pipe.send((*order, time.time() + 0.2))
        return [pipe.recv() for pipe in self._pipes[:clients]]


@contextmanager
def crew(environ: Mapping[str, str]) -> Iterator[Crew]:
    """Eight clients with open connections, gone at the end."""
    context = mp.get_context("spawn")
    barrier = context.Barrier(COUNT)
    pairs = [context.Pipe() for _ in range(COUNT)]
    processes: list[BaseProcess] = [
        context.Process(target=_client, args=(number, dict(environ), pipe, barrier), daemon=True)
        for number, (_, pipe) in enumerate(pairs)
    ]
    for process in processes:
        process.start()
    try:
        for pipe, _ in pairs:
            if not pipe.poll(START_SECONDS):
                raise RuntimeError("a client did not start")
            pipe.recv()
        yield Crew([pipe for pipe, _ in pairs])
    finally:
        for pipe, _ in pairs:
            pipe.send(("end", 0, 0))
        for process in processes:
            process.join(START_SECONDS)


def _client(number: int, environ: Mapping[str, str], pipe: Any, barrier: Any) -> None:
    settings = Settings.from_env(environ)
    engine = create_engine(settings.database_url)
    with Session(engine, info={KEYS: settings.field_keys}) as session:
        own = Booker(session, group=number)
        shared = Booker(session, group=0, patient=number, day=4000)
        own.book()
        pipe.send("ready")
        while (order := pipe.recv())[0] != "end":
            verb, much, starts_at = order
            time.sleep(max(0.0, starts_at - time.time()))
            pipe.send(_rate(own, much) if verb == "rate" else _storm(shared, much, barrier))
    engine.dispose()


def _rate(booker: Booker, seconds: float) -> int:
    done = 0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        booker.book()
        done += 1
    return done


def _storm(booker: Booker, rounds: int, barrier: Any) -> Storm:
    met = Storm()
    for _ in range(rounds):
        barrier.wait(START_SECONDS)
        started = time.perf_counter()
        try:
            booker.book()
            met.won += 1
        except SlotTaken:
            met.lost.append((time.perf_counter() - started) * 1000)
        except Exception as error:  # noqa: BLE001 - Whatever it is, the table shall name it.
            met.errors.append(type(error).__name__)
    return met
