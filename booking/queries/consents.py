"""Texts that patients agree to, and who agreed to which version of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.consents import ConsentState, Signature, state_of
from booking.models import Account, Consent, ConsentKind, ConsentText, Message


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """One yes. `signed_by` is the name that was typed; `account_name` whose login it was, "" for one on paper, which
    `witness_name` has recorded."""

    public_id: str
    title: str
    version: int
    language: str
    signed_at: datetime
    signed_by: str
    account_name: str
    witness_name: str
    withdrawn_at: datetime | None

    @property
    def is_refusal(self) -> bool:
        """Whether it was a no from the start: nothing was signed, and nothing taken back."""
        return self.withdrawn_at == self.signed_at


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """How one patient stands to one text: its newest version in their language, and all they have said to any."""

    text_public_id: str
    code: str
    kind: ConsentKind
    title: str
    body: str
    version: int
    language: str
    state: ConsentState
    said: tuple[SignedConsent, ...] = ()

    @property
    def standing(self) -> SignedConsent | None:
        """The yes that holds, the last one first."""
        return next((one for one in self.said if one.withdrawn_at is None), None)


def published_texts(session: Session) -> list[ConsentText]:
    """Every version of every language that was published and not retired, by code and version."""
    wanted = sa.select(ConsentText).where(ConsentText.published_at.is_not(None), ConsentText.retired_at.is_(None))
    return list(session.scalars(wanted.order_by(ConsentText.code, ConsentText.version, ConsentText.language)))


def newest_texts(session: Session, language: str) -> list[ConsentText]:
    """Of each code the newest version, in that language where there is one, else in the first."""
    by_code: dict[str, list[ConsentText]] = defaultdict(list)
    for text in published_texts(session):
        by_code[text.code].append(text)
    return [_best(texts, language) for texts in by_code.values()]


def _best(texts: Iterable[ConsentText], language: str) -> ConsentText:
    listed = list(texts)
    newest = max(text.version for text in listed)
    last = [text for text in listed if text.version == newest]
    spoken = language.replace("_", "-").partition("-")[0]
    return next((text for text in last if text.language in {language, spoken}), last[0])


def consents_of(session: Session, *, patient_id: int, language: str) -> list[ConsentLine]:
    """How a patient stands to every text; two statements."""
    said = _said(session, patient_id)
    return [
        ConsentLine(
            text.public_id,
            text.code,
            text.kind,
            text.title,
            text.body,
            text.version,
            text.language,
            state_of(
                text.version, (Signature(one.version, one.signed_at, one.withdrawn_at) for one in said[text.code])
            ),
            tuple(said[text.code]),
        )
        for text in newest_texts(session, language)
    ]


def said_by(session: Session, patient_id: int) -> list[SignedConsent]:
    """All that a patient has said to any text, the newest first, also to texts that are retired."""
    return [one for listed in _said(session, patient_id).values() for one in listed]


def _said(session: Session, patient_id: int) -> dict[str, list[SignedConsent]]:
    witness = aliased(Account)
    rows = session.execute(
        sa.select(
            ConsentText.code,
            Consent.public_id,
            ConsentText.title,
            ConsentText.version,
            ConsentText.language,
            Consent.signed_at,
            Consent.signed_by,
            sa.func.coalesce(Account.name, ""),
            sa.func.coalesce(witness.name, ""),
            Consent.withdrawn_at,
        )
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .outerjoin(Account, Account.id == Consent.signed_by_account_id)
        .outerjoin(witness, witness.id == Consent.witnessed_by_account_id)
        .where(Consent.patient_id == patient_id)
        .order_by(Consent.signed_at.desc(), Consent.id.desc())
    )
    found: dict[str, list[SignedConsent]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(SignedConsent(*tuple(row)[1:]))
    return found


def is_withdrawn(code: str) -> sa.ColumnElement[bool]:
    """SQL: a message's patient has taken back what they agreed to under the code, in every version. Who was never asked
    has not."""
    told = (
        sa.select(Consent.id)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.patient_id == Message.patient_id, ConsentText.code == code)
        .correlate(Message)
    )
    taken_back: Any = told.where(Consent.withdrawn_at.is_not(None)).exists()
    return sa.and_(taken_back, sa.not_(told.where(Consent.withdrawn_at.is_(None)).exists()))
