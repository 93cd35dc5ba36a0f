"""The audit log, changed by somebody who may do everything in the database and has not the key: always found."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.audit_chain import EMPTY, Head, chain_key, link_after
from booking.models import AuditEvent, AuditSeal
from booking.queries import audit as chain
from booking.services.audit_seal import seal_new
from booking.services.audit_verify import verify
from booking.services.transaction import transaction
from tests.services.audit_cast import sealed_events, unguarded, write_events
from tests.settings import AUDIT_KEY
from tests.torture.sizes import IS_LONG, SEED, print_figures, sized

pytestmark = pytest.mark.torture

EVENTS = 40
TAMPERINGS = sized(100, 1000)
ROWS = 100_000
SECONDS = 2.0
GUESS = chain_key("whoever has no key guesses one")

Rows = list[dict[str, Any]]
Log = tuple[Rows, Rows]
Tampering = Callable[[random.Random, Rows, Rows], None]


def edit(dice: random.Random, events: Rows, _links: Rows) -> None:
    """One value of one event."""
    event = dice.choice(events)
    name = dice.choice(
        ["actor_account_id", "object_id", "patient_id", "action", "actor_kind", "network", "reason_code"]
    )
    event[name] = 4711 if name.endswith("_id") else "other"


def delete(dice: random.Random, events: Rows, links: Rows) -> None:
    """One event, maybe with its link, maybe with the numbers closed up. The last one stays: that would be a cut end."""
    event = events.pop(dice.randrange(len(events) - 1))
    if dice.random() < 0.7:
        links[:] = [link for link in links if link["event_seq"] != event["seq"]]
    if dice.random() < 0.5:
        number_anew(links)


def insert(dice: random.Random, events: Rows, links: Rows) -> None:
    """A new event, with the mark of another or one of its own making, maybe with a link."""
    event = dict(dice.choice(events), seq=max(one["seq"] for one in events) + dice.randrange(1, 50), object_id=4711)
    event["mark"] = dice.choice([None, "0" * 48, event["mark"][:16] + "0" * 32, event["mark"]])
    events.append(event)
    if dice.random() < 0.5:
        links.insert(dice.randrange(len(links) + 1), {"number": 0, "event_seq": event["seq"], "hash": "0" * 64})
        number_anew(links)


def copy(dice: random.Random, events: Rows, _links: Rows) -> None:
    """An event once more: it was done twice."""
    events.append(dict(dice.choice(events), seq=max(one["seq"] for one in events) + 1))


def reorder(dice: random.Random, events: Rows, links: Rows) -> None:
    """Two events change places: their contents, or their links."""
    rows, name = dice.choice([(events, "seq"), (links, "event_seq")])
    one, other = dice.sample(rows, 2)
    one[name], other[name] = other[name], one[name]


def chain_anew(_dice: random.Random, events: Rows, links: Rows) -> None:
    """One event is changed, and all links made anew with a guessed key."""
    events[3]["object_id"] = 4711
    last = EMPTY
    for event, link in zip(events, links, strict=True):
        last = link_after(GUESS, last, chain.Event(**{name: event[name] for name in chain.Event._fields}))
        link["hash"] = last.hash


def cut(dice: random.Random, events: Rows, links: Rows) -> None:
    """The last ones, events and links alike."""
    kept = len(links) - dice.randrange(1, 10)
    del links[kept:], events[kept:]


def number_anew(links: Rows) -> None:
    for number, link in enumerate(links, start=1):
        link["number"] = number


KINDS: tuple[Tampering, ...] = (edit, delete, insert, copy, reorder, chain_anew, cut)


def read_log(session: Session) -> Log:
    events = [dict(row) for row in session.execute(sa.select(AuditEvent.__table__).order_by("seq")).mappings()]
    links = [dict(row) for row in session.execute(sa.select(AuditSeal.__table__).order_by("number")).mappings()]
    session.rollback()
    return events, links


def write_log(session: Session, log: Log) -> None:
    with transaction(session):
        for model, rows in zip((AuditEvent, AuditSeal), log, strict=True):
            session.execute(sa.delete(model))
            session.execute(sa.insert(model), rows)


def tampered(dice: random.Random, log: Log, kind: Tampering) -> Log:
    events, links = ([dict(row) for row in rows] for rows in log)
    kind(dice, events, links)
    return events, links


def unseen(session: Session, kinds: Sequence[Tampering], anchors: Sequence[Head]) -> Counter[str]:
    """Tamperings that the check did not find, by kind. Each is done to the same sealed log."""
    dice, log, missed = random.Random(SEED), read_log(session), Counter[str]()
    with unguarded(session):
        for kind in kinds:
            write_log(session, tampered(dice, log, kind))
            missed[kind.__name__] += verify(session, AUDIT_KEY, anchors).is_whole
        write_log(session, log)
    return +missed


def test_every_tampering_is_found(session: Session) -> None:
    sealed_events(session, EVENTS)
    kinds = [KINDS[i % len(KINDS)] for i in range(TAMPERINGS)]
    assert unseen(session, kinds, [chain.head(session)]) == {}
    assert verify(session, AUDIT_KEY, [chain.head(session)]).is_whole
    print_figures("14 audit chain", tamperings=TAMPERINGS, unseen=0)


def test_without_an_anchor_a_cut_end_goes_unseen(session: Session) -> None:
    """The control: of all kinds, this is the one that the chain cannot show by itself."""
    sealed_events(session, EVENTS)
    rounds = sized(2, 20)
    assert unseen(session, KINDS * rounds, []) == {"cut": rounds}


@pytest.mark.skipif(not IS_LONG, reason="times are judged in the long form")
def test_a_long_log_is_checked_quickly(session: Session) -> None:
    write_events(session, ROWS)
    seal_new(session, AUDIT_KEY)
    checked = min(seconds_to_check(session) for _ in range(3))
    print_figures("14 audit chain", rows=ROWS, seconds=round(checked, 2))
    assert checked <= SECONDS


def seconds_to_check(session: Session) -> float:
    began = time.perf_counter()
    assert verify(session, AUDIT_KEY).is_whole
    return time.perf_counter() - began
