"""What a calendar ought to do, in plain Python: two specialists, visits that need nothing else, minutes as numbers.

Written from the rules as people would say them, not from the program: times are taken by live visits, by holds that
have not run out and by blocks; an act looks at what is taken by others, and gives back what was its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from booking.core.errors import BookingError, RulesRefuse

SPECIALISTS = (1, 2)
LENGTH = 30
HOLD, UNDO, KEPT = 15, 10, 12
"""Minutes that a hold lasts, that an undo may be asked for, and that the time of an undo is kept."""


@dataclass(slots=True)
class Kept:
    """A span that somebody keeps until it runs out."""

    specialist: int
    starts: int
    ends: int
    until: int


@dataclass(slots=True)
class Hold:
    """A browser's hold. `wanted` None is any specialist."""

    public_id: str
    kept: Kept
    wanted: int | None


@dataclass(slots=True)
class Move:
    """The time before the last change. `is_undo`: the change was itself an undo."""

    specialist: int
    starts: int
    at: int
    by_staff: bool
    is_undo: bool = False


@dataclass(slots=True)
class Visit:
    """`kept` is what undo keeps of its old time. `cancelled_at` None is a live visit."""

    patient: int
    specialist: int
    starts: int
    cancelled_at: int | None = None
    undo_is_for_all: bool = False
    last: Move | None = None
    kept: list[Kept] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None


@dataclass(slots=True)
class Model:
    """The calendar. Functions that begin with `may_` give the answer that is due: "ok" or the code of the refusal."""

    now: int = 0
    visits: dict[str, Visit] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    blocks: dict[str, Kept] = field(default_factory=dict)

    def taken(self, *, but_visit: str = "", but_owner: str = "") -> Iterator[Kept]:
        for name, visit in self.visits.items():
            if name != but_visit:
                yield from (kept for kept in visit.kept if kept.until > self.now)
                if visit.is_live:
                    yield Kept(visit.specialist, visit.starts, visit.starts + LENGTH, 0)
        yield from (
            hold.kept for owner, hold in self.holds.items() if owner != but_owner and hold.kept.until > self.now
        )  # fmt: skip

    def owned(self, *, visit: str = "", owner: str = "") -> set[tuple[int, int]]:
        """(specialist, minute) that a visit with its undo, or a browser, has already: what blocks have left out."""
        mine = [self.holds[owner].kept] if owner in self.holds else []
        if visit:
            one = self.visits[visit]
            mine += one.kept
            mine += [Kept(one.specialist, one.starts, one.starts + LENGTH, self.now + 1)] if one.is_live else []
        return {
            (kept.specialist, minute)
            for kept in mine
            if kept.until > self.now
            for minute in range(kept.starts, kept.ends)
        }

    def is_free(self, specialist: int | None, starts: int, *, but_visit: str = "", but_owner: str = "") -> bool:
        """Whether one of the specialists who would do is free."""
        spans = [*self.taken(but_visit=but_visit, but_owner=but_owner)]
        taken = {(one.specialist, minute) for one in spans for minute in range(one.starts, one.ends)}
        closed = {
            (one.specialist, minute) for one in self.blocks.values() for minute in range(one.starts, one.ends)
        } - self.owned(visit=but_visit, owner=but_owner)  # fmt: skip
        wanted = SPECIALISTS if specialist is None else (specialist,)
        minutes = range(starts, starts + LENGTH)
        return any(not any((who, minute) in taken | closed for minute in minutes) for who in wanted)

    def is_busy(self, patient: int, starts: int, *, but_visit: str = "") -> bool:
        return any(
            visit.is_live and visit.patient == patient and abs(visit.starts - starts) < LENGTH
            for name, visit in self.visits.items()
            if name != but_visit
        )

    def is_blocked(self, specialist: int, starts: int) -> bool:
        return any(
            block.specialist == specialist and block.starts < starts + LENGTH and starts < block.ends
            for block in self.blocks.values()
        )

    def may_take(self, patient: int, specialist: int | None, starts: int, *, visit: str = "", owner: str = "") -> str:
        if self.is_busy(patient, starts, but_visit=visit):
            return "patient_busy"
        return "ok" if self.is_free(specialist, starts, but_visit=visit, but_owner=owner) else "slot_taken"

    def may_book_held(self, owner: str, patient: int) -> str:
        hold = self.holds[owner]
        if hold.kept.until > self.now:
            return "patient_busy" if self.is_busy(patient, hold.kept.starts) else "ok"
        due = self.may_take(patient, hold.wanted, hold.kept.starts, owner=owner)
        return "hold_expired" if due == "slot_taken" else due

    def may_change(self, name: str, specialist: int, starts: int) -> str:
        visit = self.visits[name]
        if not visit.is_live:
            return "move_not_allowed"
        if (visit.specialist, visit.starts) == (specialist, starts):
            return "same_time"
        return self.may_take(visit.patient, specialist, starts, visit=name)

    def may_restore(self, name: str, *, by_staff: bool) -> str:
        visit = self.visits[name]
        if visit.cancelled_at is None:
            return "ok"
        if self.now >= visit.cancelled_at + UNDO or not (by_staff or visit.undo_is_for_all):
            return "undo_over"
        return self.may_take(visit.patient, visit.specialist, visit.starts, visit=name)

    def may_undo_change(self, name: str, *, by_staff: bool) -> str:
        visit, last = self.visits[name], self.visits[name].last
        if last is None or not visit.is_live:
            return "undo_over"
        if last.is_undo:
            return "ok"
        if self.now >= last.at + UNDO or (last.by_staff and not by_staff):
            return "undo_over"
        return self.may_take(visit.patient, last.specialist, last.starts, visit=name)

    def change(self, name: str, specialist: int, starts: int, *, by_staff: bool, is_undo: bool = False) -> None:
        visit = self.visits[name]
        old = Move(visit.specialist, visit.starts, self.now, by_staff, is_undo)
        is_kept = not by_staff and not is_undo and not self.is_blocked(old.specialist, old.starts)
        visit.specialist, visit.starts, visit.last = specialist, starts, old
        visit.kept = list(self._left_over(old, visit)) if is_kept else []

    def _left_over(self, old: Move, visit: Visit) -> Iterator[Kept]:
        """What the visit has left behind: its new time may cover some of the old one."""
        until, ends = self.now + KEPT, old.starts + LENGTH
        if old.specialist != visit.specialist or abs(visit.starts - old.starts) >= LENGTH:
            yield Kept(old.specialist, old.starts, ends, until)
        elif visit.starts > old.starts:
            yield Kept(old.specialist, old.starts, visit.starts, until)
        else:
            yield Kept(old.specialist, visit.starts + LENGTH, ends, until)

    def cancel(self, name: str, *, by_staff: bool) -> None:
        visit = self.visits[name]
        visit.undo_is_for_all = not by_staff and not self.is_blocked(visit.specialist, visit.starts)
        visit.cancelled_at, visit.last, visit.kept = self.now, None, []
        if visit.undo_is_for_all:
            visit.kept = [Kept(visit.specialist, visit.starts, visit.starts + LENGTH, self.now + KEPT)]

    def restore(self, name: str) -> None:
        self.visits[name].cancelled_at, self.visits[name].kept = None, []


def outcome(work: Callable[[], object]) -> tuple[str, object]:
    """What the program answers, in the words of the model."""
    try:
        return "ok", work()
    except RulesRefuse as error:
        return ",".join(sorted({refusal.code for refusal in error.refusals})), None
    except BookingError as error:
        return error.code, None
