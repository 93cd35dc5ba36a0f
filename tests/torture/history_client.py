"""A client of the history test: a process that books, holds, moves, cancels and blocks at random, and writes down what
it asked and what it was told. It may be killed at any moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.actor import Actor, Role
from booking.core.errors import BookingError, RulesRefuse
from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.intervals import from_minutes, to_minutes
from booking.models import Appointment, AppointmentTime, BlockKind
from booking.services import blocks
from booking.services.appointments import VisitDetails, book_at_desk, book_held
from booking.services.audit import CHAIN_KEY
from booking.services.cancelling import cancel, undo_cancel
from booking.services.changing import change_visit
from booking.services.holds import hold_slot, prune_holds, release_hold
from booking.services.sealed import KEYS
from booking.services.transaction import transaction
from booking.services.undo import UNDO_LENGTH
from tests.services.cast import DR_ADEYEMI, DR_CRUZ, NORTHSIDE, PHONE_CALL
from tests.settings import AUDIT_KEY, FIELD_KEYS
from tests.torture.history import OK, HistoryClock, Log, read_calls
from tests.torture.mail_worker import CONTEXT

CALL_MINUTES = 30
SPECIALISTS = (DR_CRUZ, DR_ADEYEMI)
QUARTER = timedelta(minutes=15)
KEPT_VISITS = 6
"""A client that has so many cancels or moves before it books another, so that the calendar stays half full."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What all clients share. They meet in the patients (ids) and in the hours, which begin at these instants."""

    database_url: str
    folder: Path
    clock: HistoryClock
    patients: tuple[int, ...]
    hours: tuple[str, ...]
    seed: int


@dataclass
class Client:
    """One client and what is its own: visits booked and cancelled, a hold, a block. It has a new name in each life."""

    number: int
    scene: Scene
    session: Session
    log: Log
    chance: Random
    name: str = field(default_factory=lambda: f"client-{secrets.token_hex(6)}")
    visits: dict[str, Any] = field(default_factory=dict)
    cancelled: dict[str, Any] = field(default_factory=dict)
    hold: Any = None
    block: Any = None

    @property
    def desk(self) -> Actor:
        return Actor(role=Role.SCHEDULER, location_ids=frozenset({NORTHSIDE}), owner=f"desk-{self.name}")

    @property
    def visitor(self) -> Actor:
        return Actor(owner=self.name, patient_ids=frozenset(self.scene.patients))

    def draw_time(self, *, may_be_any: bool) -> dict[str, Any]:
        starts_at = datetime.fromisoformat(self.chance.choice(self.scene.hours)) + self.chance.randrange(3) * QUARTER
        among = (*SPECIALISTS, None) if may_be_any else SPECIALISTS
        return {"starts": to_minutes(starts_at), "minutes": CALL_MINUTES, "specialist": self.chance.choice(among)}

    def call(self, what: str, asked: dict[str, Any], work: Callable[[datetime], Answer]) -> Answer | None:
        """Do it and write it down. None when it was refused."""
        invoked = self.log.begin(what, asked)
        try:
            answer = work(self.scene.clock.at(invoked))
        except RulesRefuse as error:
            codes = sorted({refusal.code for refusal in error.refusals})
            self.log.end(",".join(codes), {})
        except BookingError as error:
            self.log.end(error.code, {})
        else:
            self.log.end(OK, answer)
            return answer
        return None

    def given_specialist(self, visit: str) -> int:
        """Who was given in the booking, also when the visit was moved since."""
        self.session.rollback()
        row = self.session.execute(
            sa.select(Appointment.specialist_id, AppointmentTime.specialist_id)
            .outerjoin(AppointmentTime, sa.and_(AppointmentTime.appointment_id == Appointment.id,
                                                AppointmentTime.version == 1))
            .where(Appointment.public_id == visit)
        ).one()  # fmt: skip
        self.session.rollback()
        return int(row[1] or row[0])


def place(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the services for what was drawn."""
    return {
        "location_id": NORTHSIDE, "specialist_id": asked["specialist"], "starts_at": from_minutes(asked["starts"]),
    }  # fmt: skip


def book(me: Client) -> None:
    asked = me.draw_time(may_be_any=True) | {"patient": me.chance.choice(me.scene.patients), "owner": me.desk.owner}
    nonce = asked["nonce"] = secrets.token_hex(8)

    def work(now: datetime) -> Answer:
        booked = book_at_desk(
            me.session, actor=me.desk, service_id=PHONE_CALL, patient=asked["patient"], details=VisitDetails(None),
            nonce=nonce, now=now, **place(asked),
        )  # fmt: skip
        return {"visit": booked.public_id, "specialist": me.given_specialist(booked.public_id)}

    for _ in range(1 + (me.chance.random() < 0.1)):
        if answer := me.call("book", asked, work):
            me.visits[answer["visit"]] = asked | {"specialist": answer["specialist"]}


def hold(me: Client) -> None:
    asked = me.draw_time(may_be_any=True)
    asked |= {"owner": me.name, "before": me.hold["hold"] if me.hold else None}

    def work(now: datetime) -> Answer:
        held = hold_slot(me.session, actor=me.visitor, service_id=PHONE_CALL, now=now, **place(asked))
        return {
            "hold": held.public_id, "specialist": held.specialist_id, "until": me.scene.clock.when(held.expires_at),
        }  # fmt: skip

    if answer := me.call("hold", asked, work):
        me.hold = asked | answer


def book_what_is_held(me: Client) -> None:
    held = me.hold
    if held is None:
        hold(me)
        return
    asked = {name: held[name] for name in ("starts", "minutes", "specialist", "owner", "hold")}
    asked |= {"patient": me.chance.choice(me.scene.patients), "nonce": secrets.token_hex(8)}

    def work(now: datetime) -> Answer:
        booked = book_held(
            me.session, actor=me.visitor, hold_public_id=held["hold"], patient=asked["patient"],
            details=VisitDetails(None), nonce=asked["nonce"], now=now,
        )  # fmt: skip
        return {"visit": booked.public_id, "specialist": me.given_specialist(booked.public_id)}

    if answer := me.call("book_held", asked, work):
        me.visits[answer["visit"]] = asked | {"specialist": answer["specialist"]}
        me.hold = None


def release(me: Client) -> None:
    if held := me.hold:
        me.hold = None
        me.call("release", {"hold": held["hold"], "owner": me.name}, lambda now: _released(me, held["hold"], now))


def _released(me: Client, public_id: str, now: datetime) -> Answer:
    release_hold(me.session, actor=me.visitor, public_id=public_id, now=now)
    return {}


def change(me: Client) -> None:
    if not me.visits:
        return
    visit = me.chance.choice(list(me.visits))
    booked = me.visits[visit]
    asked = me.draw_time(may_be_any=False) | {"visit": visit, "patient": booked["patient"], "owner": me.desk.owner}
    if all(asked[name] == booked[name] for name in ("starts", "specialist")):
        return

    def work(now: datetime) -> Answer:
        changed = change_visit(
            me.session, actor=me.desk, public_id=visit, nonce=secrets.token_hex(8), now=now, **place(asked)
        )
        return {"version": changed.version, "late_from": me.scene.clock.when(now + UNDO_LENGTH)}

    if me.call("change", asked, work):
        me.visits[visit] = asked


def cancel_one(me: Client) -> None:
    if not me.visits:
        return
    visit = me.chance.choice(list(me.visits))
    booked = me.visits.pop(visit)

    def work(now: datetime) -> Answer:
        cancel(me.session, actor=me.desk, public_id=visit, reason_code="pat", note=None, now=now)
        return {"late_from": me.scene.clock.when(now + UNDO_LENGTH)}

    if answer := me.call("cancel", {"visit": visit}, work):
        me.cancelled[visit] = booked | answer


def restore(me: Client) -> None:
    if not me.cancelled:
        return
    visit, booked = me.cancelled.popitem()
    asked = {name: booked[name] for name in ("starts", "minutes", "specialist", "patient", "late_from")}
    asked |= {"visit": visit, "owner": me.desk.owner}

    def work(now: datetime) -> Answer:
        undo_cancel(me.session, actor=me.desk, public_id=visit, now=now)
        return {}

    if me.call("restore", asked, work) is not None:
        me.visits[visit] = booked


def block(me: Client) -> None:
    """Close an hour of a specialist, or open it again."""
    if me.block is not None:
        asked, me.block = {"block": me.block[0]}, None
        me.call("unblock", asked, lambda now: _unblocked(me, asked["block"], now))
        return
    asked = me.draw_time(may_be_any=False)

    def work(now: datetime) -> Answer:
        change = BlockChange(asked["specialist"], ((asked["starts"], asked["starts"] + CALL_MINUTES),))
        with transaction(me.session):
            [row] = blocks.add_blocks(
                me.session, change, blocks.BlockDetails(BlockKind.OTHER, "Block"), actor=me.desk, now=now
            )
            return {"block": f"{asked['specialist']}/{row.public_id}"}

    if answer := me.call("block", asked, work):
        me.block = (answer["block"], asked)


def _unblocked(me: Client, name: str, now: datetime) -> Answer:
    specialist, _, public_id = name.partition("/")
    blocks.remove_block(
        me.session, actor=me.desk, resource_id=int(specialist), public_id=public_id, with_later=False, now=now
    )
    return {}


def expire(me: Client) -> None:
    """What the worker does every minute."""
    me.call("expire", {}, lambda now: {
        "forgotten": prune_holds(me.session, now=now), "closed": blocks.refill_all(me.session, now=now),
    })  # fmt: skip


ACTS: Mapping[Callable[[Client], None], int] = {
    book: 5, hold: 5, book_what_is_held: 4, release: 2, change: 4, cancel_one: 4, restore: 2, block: 1, expire: 1,
}  # fmt: skip


def start_client(scene: Scene, number: int, calls: int) -> ForkServerProcess:
    """A client that makes so many calls in this life."""
    process = CONTEXT.Process(target=_live, args=(scene, number, calls))
    process.start()
    return process


def _live(scene: Scene, number: int, calls: int) -> None:
    before = read_calls(scene.folder, number)
    engine = create_engine(scene.database_url)
    chance = Random(f"{scene.seed} {number} {len(before)}")
    with Session(engine, info={KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}) as session:
        me = Client(number, scene, session, Log(scene.folder, number), chance)
        while me.log.begun < calls:
            is_full = len(me.visits) >= KEPT_VISITS
            act = cancel_one if is_full else chance.choices(list(ACTS), list(ACTS.values()))[0]
            act(me)
    engine.dispose()
