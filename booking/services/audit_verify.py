"""Checks the chain of the audit log from its first link to its last, and against heads noted outside the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.core.audit_chain import EMPTY, ChainKey, Event, Head, event_text, is_marked, link_of_text
from booking.queries import audit as chain
from booking.queries.audit import Link
from booking.services.transaction import end_read

PAGE = 5000


class Broken(StrEnum):
    """What is wrong with the first broken place."""

    LINK_MISSING = "link_missing"
    EVENT_MISSING = "event_missing"
    CHANGED = "changed"
    PUT_IN = "put_in"
    TWICE = "twice"
    CUT_OFF = "cut_off"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place that does not fit. `number` is of the link, `event_seq` of the event where one is known."""

    kind: Broken
    number: int
    event_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found. `broken` None: every link fits. `waiting` events have no seal yet."""

    head: Head
    waiting: int
    anchors: int
    broken: Break | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, taken out, put in or cut off, as far as can be seen."""
        return self.broken is None


def verify(session: Session, key: ChainKey, anchors: Iterable[Head] = ()) -> Verdict:
    """Walk the whole chain. No transaction is open between two pages, so a long log holds nobody up."""
    walk = _Walk(key, {anchor.number: anchor.hash for anchor in anchors})
    after = None
    while walk.broken is None:
        page = chain.links(session, after=after, limit=PAGE)
        end_read(session)
        if not page:
            break
        walk.over(page)
        after = page[-1].number
    waiting = chain.unsealed(session, None)
    broken = walk.broken or _beside_the_chain(session, walk, waiting)
    end_read(session)
    return Verdict(walk.last, len(waiting), len(walk.noted), broken)


@dataclass(slots=True)
class _Walk:
    """From link to link, up to the first that does not fit. `has_marks`: an event with a mark was met, and all that
    come later have one."""

    key: ChainKey
    noted: Mapping[int, str]
    last: Head = EMPTY
    has_marks: bool = False
    broken: Break | None = None

    def over(self, page: Iterable[Link]) -> None:
        """Up to the end of the page."""
        for link in page:
            kind = self._step(link)
            if kind is not None:
                seq = None if kind is Broken.LINK_MISSING else link.event_seq
                self.broken = Break(kind, self.last.number + 1, seq)
                return

    def _step(self, link: Link) -> Broken | None:
        number, _, found, event = link
        if number != self.last.number + 1:
            return Broken.LINK_MISSING
        if event is None:
            return Broken.EVENT_MISSING
        text = event_text(event)
        right = link_of_text(self.key, self.last, event, text)
        if right.hash != found:
            return Broken.CHANGED
        if self.noted.get(number, found) != found:
            return Broken.REPLACED
        if not self.is_ours(event, text):
            return Broken.PUT_IN
        self.last = right
        return None

    def is_ours(self, event: Event, text: str) -> bool:
        """Whether the program wrote it, before there were marks or with its mark."""
        if event.mark is None:
            return not self.has_marks
        self.has_marks = True
        return is_marked(self.key, event.mark, text)


def _beside_the_chain(session: Session, walk: _Walk, waiting: Iterable[Event]) -> Break | None:
    """What the links themselves cannot show: an end that is cut off, and events that were put in without a seal."""
    end = walk.last.number
    if walk.noted and max(walk.noted) > end:
        return Break(Broken.CUT_OFF, end + 1)
    forged = next((event.seq for event in waiting if not walk.is_ours(event, event_text(event))), None)
    strange = forged or chain.put_in_later(session)
    if strange is not None:
        return Break(Broken.PUT_IN, end, strange)
    twice = chain.twice_there(session)
    return None if twice is None else Break(Broken.TWICE, end, twice)
