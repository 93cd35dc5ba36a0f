"""What the clinic keeps with a form that was sent, for the copy of one's own data: the score and the flags as they were
computed, the specialist's note, who helped, who has gone through it.

All of it is part of the record that decisions are made from, which people may have (HIPAA right of access, 45 CFR
164.524 and 164.501; GDPR, article 15). It is data and somebody's words, not a verdict: no meaning is added, and the
page that people read has the words alone (docs/adr/0018)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.questionnaires.flags import Flag, flags_from_plain
from booking.queries.own_data import NotedRow
from booking.services.sealed import open_text

RESPONSE = "questionnaire_response"


@dataclass(frozen=True, slots=True)
class OwnScore:
    """`value` is a decimal number as text, None without a total; `rule` names the table that gave the points."""

    rule: str
    value: str | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnNotes:
    """What is kept with one form. `note` and `helper` are "" where there is none; `unreadable` names what does not
    open."""

    score: OwnScore | None = field(default=None, repr=False)
    flags: tuple[Flag, ...] = field(default=(), repr=False)
    note: str = field(default="", repr=False)
    helper: str = field(default="", repr=False)
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    unreadable: tuple[str, ...] = ()


def own_notes(session: Session, row: NotedRow) -> OwnNotes:
    """Opened, as far as it opens."""
    columns = {"score": row.score_sealed, "flags": row.flags_sealed, "review_note": row.review_note_sealed}
    texts = {name: _text(session, row, name, sealed) for name, sealed in columns.items()}
    helper = _text(session, row, "helper_name", row.helper_name_sealed)
    return OwnNotes(
        _score(texts["score"]),
        flags_from_plain(json.loads(texts["flags"])) if texts["flags"] else (),
        texts["review_note"] or "",
        helper or "",
        row.reviewed_at,
        row.reviewed_by,
        tuple(name for name, text in {**texts, "helper_name": helper}.items() if text is None),
    )


def _text(session: Session, row: NotedRow, column: str, sealed: str | None) -> str | None:
    """The text, "" for none, None for one that does not open."""
    try:
        return open_text(session, RESPONSE, column, row.public_id, sealed) or ""
    except CannotOpen:
        return None


def _score(text: str | None) -> OwnScore | None:
    if not text:
        return None
    plain = json.loads(text)
    return OwnScore(plain["rule"], plain["value"], tuple(plain["missing"]))
