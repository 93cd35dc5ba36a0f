"""The chain over the audit events: what is hashed and how. Pure; reading and writing are in services and queries.

An event carries a mark, HMAC-SHA256 over what it says, so that nobody without the key can put one in. Each link of the
chain is HMAC-SHA256 over the link before, the event's number, mark and text, so that nobody can change, take out or
reorder what was sealed. Cutting off the end is seen with an anchor alone: docs/adr/0013-audit-chain.md.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

FIRST_HASH = "0" * 64
"""What the first link is chained to."""

_LINKS, _MARKS = b"respite audit chain, version 1", b"respite audit marks, version 1"
_NOTES = b"respite audit notes, version 1"
_NONCE = 16
_TEXT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, check_circular=False).encode


class Event(NamedTuple):
    """An audit event as it is in the database. `at` is aware. `mark` is None of events from before there were any."""

    seq: int
    at: datetime
    actor_account_id: int | None
    actor_kind: str
    action: str
    object_kind: str
    object_id: int | None
    reason_code: str | None
    patient_id: int | None
    network: str | None
    session_ref: str | None
    mark: str | None


class Head(NamedTuple):
    """The last link: how many there are, and its hash. Of an empty chain 0 and FIRST_HASH."""

    number: int
    hash: str


EMPTY = Head(0, FIRST_HASH)


@dataclass(frozen=True, slots=True)
class ChainKey:
    """The keys of the audit log: for links, for marks of events, for notes of restores. Never shown."""

    links: bytes
    marks: bytes
    notes: bytes

    def __repr__(self) -> str:
        return "ChainKey(...)"


def chain_key(setting: str) -> ChainKey:
    """The keys that a setting of any length stands for: HKDF-SHA256 (RFC 5869) with a label for each use."""
    extracted = hmac.digest(b"", setting.encode(), "sha256")
    return ChainKey(*(hmac.digest(extracted, label + b"\x01", "sha256") for label in (_LINKS, _MARKS, _NOTES)))


def text_of(said: tuple[object, ...], at: datetime) -> str:
    """One text for what an event says, the same on both databases: a JSON list, the instant in UTC to the microsecond.

    `said`: everything from the account to the session, in the order of Event."""
    instant = at if at.tzinfo is UTC else at.astimezone(UTC)
    return _TEXT([instant.isoformat("T", "microseconds"), *said])


def new_mark(key: ChainKey, text: str) -> str:
    """The mark of a new event: a nonce, so that no two are alike, and the proof that the program wrote it."""
    nonce = secrets.token_hex(_NONCE // 2)
    return nonce + _proof(key, nonce, text)


def is_marked(key: ChainKey, mark: str, text: str) -> bool:
    """Whether that mark belongs to that text."""
    return hmac.compare_digest(mark[_NONCE:], _proof(key, mark[:_NONCE], text))


def _proof(key: ChainKey, nonce: str, text: str) -> str:
    return hmac.digest(key.marks, f"{nonce}|{text}".encode(), "sha256")[:16].hex()


def link_after(key: ChainKey, last: Head, event: Event) -> Head:
    """The link of `event` after `last`."""
    return link_of_text(key, last, event, event_text(event))


def event_text(event: Event) -> str:
    """What an event says."""
    return text_of(event[2:-1], event.at)


def link_of_text(key: ChainKey, last: Head, event: Event, text: str) -> Head:
    """The same when the text is at hand."""
    number = last.number + 1
    linked = f"{last.hash}|{number}|{event.seq}|{event.mark or ''}|{text}"
    return Head(number, hmac.digest(key.links, linked.encode(), "sha256").hex())
