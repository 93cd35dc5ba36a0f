"""Eight clients at the same time: each is a process of its own that books through the service when it is told to."""

from __future__ import annotations

import multiprocessing as mp
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.visits import Booker
from booking.adapters.database import create_engine
from booking.config import Settings
from booking.core.errors import SlotTaken
from booking.services.audit import CHAIN_KEY
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

    def warm_up(self) -> None:
        """One booking of each client, one after the other: first ones are slow, and SQLite has one lock."""
        for pipe in self._pipes:
            pipe.send(("warm up", 1, 0.0))
            _answer(pipe)

    def rate(self, clients: int, seconds: float) -> float:
        """Bookings a second of the first `clients` together, each on its own resources."""
        return float(sum(self._told(("rate", seconds), clients))) / seconds

    def storm(self, rounds: int) -> list[Storm]:
        """All clients want the same time, `rounds` times."""
        return self._told(("storm", rounds), COUNT)

    def _told(self, order: tuple[str, Any], clients: int) -> list[Any]:
        for pipe in self._pipes[:clients]:
            pipe.send((*order, time.time() + 0.2))
        return [_answer(pipe) for pipe in self._pipes[:clients]]


def _answer(pipe: Connection) -> Any:
    """What the client says. Raises RuntimeError when it is gone, or silent for minutes."""
    try:
        if pipe.poll(START_SECONDS):
            return pipe.recv()
    except EOFError:
        raise RuntimeError("a client is gone") from None
    raise RuntimeError("a client does not answer")


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
    for process, (_, pipe) in zip(processes, pairs, strict=True):
        process.start()
        pipe.close()
    try:
        for pipe, _ in pairs:
            _answer(pipe)
        clients = Crew([pipe for pipe, _ in pairs])
        clients.warm_up()
        yield clients
    finally:
        for (pipe, _), process in zip(pairs, processes, strict=True):
            with suppress(OSError):
                pipe.send(("end", 0, 0))
            process.join(20)
            process.kill()


def _client(number: int, environ: Mapping[str, str], pipe: Any, barrier: Any) -> None:
    settings = Settings.from_env(environ)
    engine = create_engine(settings.database_url)
    with Session(engine, info={KEYS: settings.field_keys, CHAIN_KEY: settings.audit_key}) as session:
        own = Booker(session, group=number)
        shared = Booker(session, group=0, patient=number, day=4000)
        work: dict[str, Callable[[Any], Any]] = {
            "warm up": lambda _once: own.book()[1],
            "rate": lambda seconds: _rate(own, seconds),
            "storm": lambda rounds: _storm(shared, rounds, barrier),
        }
        pipe.send("ready")
        while (order := pipe.recv())[0] != "end":
            verb, much, starts_at = order
            time.sleep(max(0.0, starts_at - time.time()))
            pipe.send(work[verb](much))
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
