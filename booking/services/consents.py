"""Agreeing to texts and taking that back: by the patient, by somebody who acts for them, or on paper at the clinic."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.models import Consent, ConsentKind, ConsentText, Patient
from booking.queries.consents import newest_texts
from booking.services import audit
from booking.services.transaction import transaction

CONSENT_SIGNED, CONSENT_WITHDRAWN = "consent_signed", "consent_withdrawn"
CONSENT_ON_PAPER = "consent_on_paper"
CONSENT = "consent"


def sign(session: Session, *, actor: Actor, patient_id: int, text_public_id: str, name: str, now: datetime) -> None:
    """The patient, or whoever acts for them, says yes under the name that they typed. Signing twice is signing once.

    Raises NotFound unless the actor acts for the patient and the text is the newest of its code."""
    if patient_id not in actor.patient_ids:
        raise NotFound
    _sign(session, actor, patient_id, text_public_id, name, now)


def record_paper(
    session: Session, *, actor: Actor, patient_id: int, text_public_id: str, name: str, now: datetime
) -> None:
    """Somebody at the clinic has seen the signature on paper. Raises NotFound for others, and as `sign`."""
    if not actor.is_staff:
        raise NotFound
    _sign(session, actor, patient_id, text_public_id, name, now)


def _sign(session: Session, actor: Actor, patient_id: int, text_public_id: str, name: str, now: datetime) -> None:
    with transaction(session):
        _lock(session, patient_id)
        text = _newest_or_404(session, text_public_id)
        if _standing(session, patient_id, text_id=text.id):
            return
        row = Consent(patient_id=patient_id, text_id=text.id, signed_at=now, signed_by=name[:200])
        if actor.is_staff:
            row.witnessed_by_account_id = actor.account_id
        else:
            row.signed_by_account_id = actor.account_id
        session.add(row)
        session.flush()
        action = CONSENT_ON_PAPER if actor.is_staff else CONSENT_SIGNED
        _record(session, actor, action, row.id, patient_id, text.code, now)


def withdraw(session: Session, *, actor: Actor, patient_id: int, code: str, name: str, now: datetime) -> None:
    """Take back every yes to that text. Of messages also without a yes before: silence lets them be sent.

    Raises NotFound unless the actor acts for the patient or works at the clinic, and for an unknown text."""
    if patient_id not in actor.patient_ids and not actor.is_staff:
        raise NotFound
    with transaction(session):
        _lock(session, patient_id)
        newest = next((text for text in newest_texts(session, "") if text.code == code), None)
        if newest is None:
            raise NotFound
        rows = _standing(session, patient_id, code=code)
        if not rows and newest.kind is ConsentKind.CHANNEL and not _has_said(session, patient_id, code):
            rows = [_refusal(session, actor, patient_id, newest, name, now)]
        for row in rows:
            row.withdrawn_at, row.withdrawn_by_account_id = now, actor.account_id
            session.flush()
            _record(session, actor, CONSENT_WITHDRAWN, row.id, patient_id, code, now)


def _refusal(session: Session, actor: Actor, patient_id: int, text: ConsentText, name: str, now: datetime) -> Consent:
    """A no to what was never asked: a yes that ends as it begins."""
    row = Consent(patient_id=patient_id, text_id=text.id, signed_at=now, signed_by=name[:200])
    row.signed_by_account_id = None if actor.is_staff else actor.account_id
    session.add(row)
    return row


def _newest_or_404(session: Session, public_id: str) -> ConsentText:
    """That text, in any language, while no newer version of it is published."""
    text = session.scalars(sa.select(ConsentText).where(ConsentText.public_id == public_id)).one_or_none()
    versions = {one.code: one.version for one in newest_texts(session, "")}
    if text is None or text.published_at is None or versions.get(text.code) != text.version:
        raise NotFound
    return text


def _lock(session: Session, patient_id: int) -> None:
    """Two presses take turns. Raises NotFound."""
    found = session.scalar(sa.select(Patient.id).where(Patient.id == patient_id).with_for_update(key_share=True))
    if found is None:
        raise NotFound


def _standing(session: Session, patient_id: int, *, text_id: int | None = None, code: str = "") -> list[Consent]:
    wanted = (
        sa.select(Consent)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.patient_id == patient_id, Consent.withdrawn_at.is_(None))
    )
    which = ConsentText.code == code if text_id is None else Consent.text_id == text_id
    return list(session.scalars(wanted.where(which).execution_options(populate_existing=True)))


def _has_said(session: Session, patient_id: int, code: str) -> bool:
    wanted = (
        sa.select(Consent.id)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.patient_id == patient_id, ConsentText.code == code)
    )
    return session.scalar(wanted.limit(1)) is not None


def _record(
    session: Session, actor: Actor, action: str, consent_id: int, patient_id: int, code: str, now: datetime
) -> None:
    audit.record(
        session, actor, action, CONSENT, consent_id, now=now, reason_code=code[:40], patient_id=patient_id
    )  # fmt: skip
