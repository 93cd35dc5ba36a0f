"""Explains every answer of a history, or says which ones cannot be explained.

A place is a span of one specialist that a call took. It was *surely* taken from the call's answer until the next call
that gives it back begins, and *perhaps* from the call's beginning until that next call is answered. So no two places
may be surely taken at one moment, and a refusal needs a place that was perhaps taken while it was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from tests.torture.history import FOREVER, OK, Call

SPECIALISTS = (1, 2)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """What the database holds of a visit in the end."""

    public_id: str
    nonce: str
    is_live: bool
    specialist: int
    starts: int
    version: int
    reservations: int
    has_records: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that nothing explains. `kind`: lost, overlap, false_refusal, from_nowhere, other_state, half, odd."""

    kind: str
    what: str


@dataclass(slots=True)
class Place:
    """A span of a specialist in minutes, of a visit, a hold or a block; `until` is when a hold runs out."""

    kind: str
    name: str
    specialist: int
    starts: int
    ends: int
    patient: int | None
    since: float
    perhaps_from: float
    surely_from: float
    surely_to: float = FOREVER
    perhaps_to: float = FOREVER
    until: float = FOREVER

    def end(self, call: Call) -> None:
        """That call gave it back, if it was carried out."""
        self.surely_to = min(self.surely_to, call.invoked)
        if not call.is_unknown:
            self.perhaps_to = min(self.perhaps_to, call.answered)

    def meets(self, other: Place) -> bool:
        """Whether both want the same minute of a specialist or of a patient."""
        same = self.specialist == other.specialist or (self.patient is not None and self.patient == other.patient)
        return same and self.starts < other.ends and other.starts < self.ends


@dataclass(slots=True)
class Story:
    """What the calls did: all places, each visit's newest place, and the number of its changes that are known."""

    places: list[Place] = field(default_factory=list)
    newest: dict[str, Place] = field(default_factory=dict)
    live: dict[str, bool] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    holds: dict[str, Place] = field(default_factory=dict)
    blocks: dict[str, Place] = field(default_factory=dict)
    left: dict[str, list[tuple[Place, float]]] = field(default_factory=dict)
    """The places that a visit moved away from, and when the undo of each ends."""


def check(calls: Iterable[Call], rows: Sequence[VisitRow]) -> list[Finding]:
    """All findings; [] when every answer has its explanation."""
    ordered = sorted(calls, key=lambda call: call.invoked)
    by_nonce = {row.nonce: row for row in rows}
    story = tell(ordered, by_nonce)
    moments = Moments(story.places, last=max((call.answered for call in ordered if not call.is_unknown), default=0.0))
    found = [*_overlaps(moments), *_state(story, rows)]
    found += [finding for call in ordered if (finding := _unexplained(call, moments)) is not None]
    return found


def tell(ordered: Iterable[Call], by_nonce: Mapping[str, VisitRow]) -> Story:
    """Follow the calls. Those of one visit come from one client, one after the other."""
    story = Story()
    for call in ordered:
        if call.outcome == OK or call.is_unknown:
            _EFFECTS[call.what](story, call, by_nonce)
    return story


def _add(story: Story, kind: str, name: str, call: Call, like: Place | None = None) -> Place:
    """The place that the call took; that of a visit that was restored is `like` the one before."""
    asked = call.asked
    specialist = like.specialist if like else call.answer.get("specialist") or asked["specialist"]
    starts = like.starts if like else asked["starts"]
    ends = like.ends if like else starts + asked["minutes"]
    patient = like.patient if like else asked.get("patient")
    place = Place(
        kind, name, specialist, starts, ends, patient, call.invoked, call.invoked, call.answered,
        until=call.answer.get("until", FOREVER),
    )  # fmt: skip
    story.places.append(place)
    return place


def _book(story: Story, call: Call, by_nonce: Mapping[str, VisitRow]) -> None:
    hold = story.holds.pop(call.asked.get("hold", ""), None)
    if hold is not None:
        hold.end(call)
    if call.is_unknown:
        row = by_nonce.get(call.asked["nonce"])
        if row is not None:
            place = _add(story, "visit", row.public_id, call)
            place.specialist = row.specialist
            story.newest[row.public_id] = place
            story.doubtful.add(row.public_id)
        return
    visit = call.answer["visit"]
    if visit in story.newest:
        return
    place = story.newest[visit] = _add(story, "visit", visit, call)
    place.since = hold.since if hold is not None else place.since
    story.live[visit], story.versions[visit] = True, 1


def _hold(story: Story, call: Call, _rows: Mapping[str, VisitRow]) -> None:
    earlier = story.holds.pop(call.asked["before"], None) if call.asked["before"] else None
    if earlier is not None:
        earlier.end(call)
    if call.is_unknown:
        for specialist in SPECIALISTS if call.asked["specialist"] is None else (call.asked["specialist"],):
            _add(story, "hold", "", call).specialist = specialist
        return
    place = story.holds[call.answer["hold"]] = _add(story, "hold", call.asked["owner"], call)
    if earlier is not None and earlier.meets(place):
        # Who held a time when a block was laid around it may hold it anew.
        place.since = earlier.since


def _release(story: Story, call: Call, _rows: Mapping[str, VisitRow]) -> None:
    hold = story.holds.pop(call.asked["hold"], None)
    if hold is not None:
        hold.end(call)


def _visit_act(story: Story, call: Call, _rows: Mapping[str, VisitRow]) -> None:
    """Change, cancel, restore: the visit's place ends, and another one begins unless it was cancelled."""
    visit = call.asked["visit"]
    before = story.newest[visit]
    is_back = call.what == "restore"
    if not is_back:
        before.end(call)
    if call.what != "cancel":
        place = _add(story, "visit", visit, call, like=before if is_back else None)
        place.patient = before.patient
        # A block that was laid meanwhile went around a time that waited for the undo.
        waiting = before if is_back else _waiting(story, visit, place, call)
        if waiting is not None:
            place.since = waiting.since
        if call.what == "change" and not call.is_unknown:
            story.left.setdefault(visit, []).append((before, call.answer["late_from"]))
        story.newest[visit] = place
    if call.is_unknown:
        story.doubtful.add(visit)
        return
    story.live[visit] = call.what != "cancel"
    story.versions[visit] += 1


def _waiting(story: Story, visit: str, wanted: Place, call: Call) -> Place | None:
    """The earlier place of that visit at the very time that is wanted, while its undo runs."""
    same = [
        place
        for place, late_from in story.left.get(visit, ())
        if (place.specialist, place.starts) == (wanted.specialist, wanted.starts) and call.invoked < late_from
    ]
    return same[-1] if same else None


def _block(story: Story, call: Call, _rows: Mapping[str, VisitRow]) -> None:
    story.blocks[call.answer.get("block", "")] = _add(story, "block", "", call)


def _unblock(story: Story, call: Call, _rows: Mapping[str, VisitRow]) -> None:
    block = story.blocks.pop(call.asked["block"], None)
    if block is not None:
        block.end(call)


_EFFECTS = {
    "book": _book,
    "book_held": _book,
    "hold": _hold,
    "release": _release,
    "change": _visit_act,
    "cancel": _visit_act,
    "restore": _visit_act,
    "block": _block,
    "unblock": _unblock,
    "expire": lambda *_: None,
}


class Moments:
    """The places by the second in which they were perhaps taken, so that each answer is held against few."""

    def __init__(self, places: Sequence[Place], *, last: float) -> None:
        self._by_second: dict[int, list[Place]] = defaultdict(list)
        for place in places:
            for second in range(int(place.perhaps_from), int(min(place.perhaps_to, place.until, last)) + 1):
                self._by_second[second].append(place)

    def seconds(self) -> Iterator[list[Place]]:
        yield from self._by_second.values()

    def between(self, begins: float, ends: float) -> list[Place]:
        """Places that were perhaps taken at some moment from `begins` to `ends`."""
        seconds = range(int(begins), int(ends) + 1)
        found = {id(place): place for second in seconds for place in self._by_second.get(second, ())}
        return [place for place in found.values() if place.perhaps_from <= ends and place.perhaps_to >= begins]


def _overlaps(moments: Moments) -> list[Finding]:
    found = {
        (id(one), id(two)): Finding("overlap", f"{one.kind} {one.name} and {two.kind} {two.name} at {two.starts}")
        for places in moments.seconds()
        for one, two in combinations(places, 2)
        if one.meets(two) and _are_surely_together(one, two)
    }
    return list(found.values())


def _are_surely_together(one: Place, two: Place) -> bool:
    if one.kind == two.kind == "block" or one.name == two.name:
        return False
    if one.kind == "block":
        one, two = two, one
    begins, ends = max(one.surely_from, two.surely_from), min(_sure_end(one), _sure_end(two))
    # A block lets stand what is there; afterwards nothing may be added to it.
    return begins < ends and (two.kind != "block" or one.since >= two.surely_from)


def _sure_end(place: Place) -> float:
    return min(place.surely_to, place.until)


def _unexplained(call: Call, moments: Moments) -> Finding | None:
    """A refusal for which there was no reason."""
    if call.outcome == OK or call.is_unknown or call.outcome == "busy_database":
        return None
    if call.outcome not in {"slot_taken", "hold_expired", "patient_busy", "undo_over"}:
        return Finding("odd", f"{call.what}: {call.outcome} {call.answer}")
    if call.outcome == "undo_over":
        is_late = call.asked["late_from"] <= call.invoked
        return None if is_late else Finding("false_refusal", f"{call.what}: {call.outcome}")
    mine = {call.asked.get("visit"), call.asked.get("owner")}
    others = [
        place
        for place in moments.between(call.invoked, call.answered)
        if place.name not in mine and place.until > call.invoked
    ]
    is_explained = _is_patient_busy(call, others) if call.outcome == "patient_busy" else _is_taken(call, others)
    return None if is_explained else Finding("false_refusal", f"{call.what} at {call.asked['starts']}: {call.outcome}")


def _is_patient_busy(call: Call, others: Sequence[Place]) -> bool:
    return any(place.patient == call.asked["patient"] and _covers(place, call) for place in others)


def _is_taken(call: Call, others: Sequence[Place]) -> bool:
    wanted = SPECIALISTS if call.asked["specialist"] is None else (call.asked["specialist"],)
    return all(any(place.specialist == one and _covers(place, call) for place in others) for one in wanted)


def _covers(place: Place, call: Call) -> bool:
    return place.starts < call.asked["starts"] + call.asked["minutes"] and call.asked["starts"] < place.ends


def _state(story: Story, rows: Sequence[VisitRow]) -> Iterator[Finding]:
    """Whether the database holds what was promised, and nothing else."""
    by_id = {row.public_id: row for row in rows}
    for visit in story.newest.keys() - by_id.keys():
        yield Finding("lost", f"visit {visit} was promised and is not there")
    for row in rows:
        if row.reservations != (2 if row.is_live else 0):
            yield Finding("half", f"visit {row.public_id} has {row.reservations} reservations")
        if not row.has_records:
            yield Finding("half", f"visit {row.public_id} lacks its confirmation or its audit event")
        if row.public_id not in story.newest:
            yield Finding("from_nowhere", f"visit {row.public_id} was never promised")
        elif row.public_id not in story.doubtful:
            yield from _differences(story, row)


def _differences(story: Story, row: VisitRow) -> Iterator[Finding]:
    place = story.newest[row.public_id]
    promised = (story.live[row.public_id], place.specialist, place.starts, story.versions[row.public_id])
    if promised != (row.is_live, row.specialist, row.starts, row.version):
        yield Finding("other_state", f"visit {row.public_id}: {promised} was promised, it is {row}")
