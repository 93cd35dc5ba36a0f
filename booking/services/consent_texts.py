"""The texts that patients agree to, written by administrators. A published version never changes: another wording is
another version, which those who signed the one before are asked for anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.models import ConsentKind, ConsentText
from booking.services import audit
from booking.services.transaction import transaction

TEXT_SAVED, TEXT_PUBLISHED, TEXT_RETIRED = "consent_text_saved", "consent_text_published", "consent_text_retired"
CONSENT_TEXT = "consent_text"


@dataclass(frozen=True, slots=True)
class Wording:
    """What an administrator types."""

    code: str
    language: str
    kind: ConsentKind
    title: str
    body: str


def texts(session: Session) -> list[ConsentText]:
    """All of them: by code, the newest version first."""
    order = (ConsentText.code, ConsentText.version.desc(), ConsentText.language)
    return list(session.scalars(sa.select(ConsentText).order_by(*order)))


def text_or_404(session: Session, public_id: str) -> ConsentText:
    """That text. Raises NotFound."""
    text = session.scalars(
        sa.select(ConsentText).where(ConsentText.public_id == public_id).execution_options(populate_existing=True)
    ).one_or_none()
    if text is None:
        raise NotFound
    return text


def save_draft(session: Session, *, actor: Actor, wording: Wording, now: datetime) -> str:
    """Write the draft of the code in that language, in place of the draft that is there; the public id of it.

    A version that is published in one language gets its other languages; else the next version begins."""
    _need_administrator(actor)
    with transaction(session):
        text = _draft_or_none(session, wording)
        if text is None:
            version = _version_for(session, wording)
            text = ConsentText(code=wording.code, language=wording.language, version=version, kind=wording.kind)
            session.add(text)
        text.kind, text.title, text.body = wording.kind, wording.title, wording.body
        text.changed_by_account_id = actor.account_id
        session.flush()
        audit.record(session, actor, TEXT_SAVED, CONSENT_TEXT, text.id, now=now)
        return text.public_id


def publish(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Patients see it from now on, and it never changes. Publishing twice is publishing once. Raises NotFound."""
    _need_administrator(actor)
    with transaction(session):
        text = text_or_404(session, public_id)
        if text.published_at is None:
            text.published_at, text.changed_by_account_id = now, actor.account_id
            session.flush()
            audit.record(session, actor, TEXT_PUBLISHED, CONSENT_TEXT, text.id, now=now)


def retire(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Nobody is asked for it any more; what was signed stays, and a draft goes. Raises NotFound."""
    _need_administrator(actor)
    with transaction(session):
        text = text_or_404(session, public_id)
        if text.retired_at is None:
            # Else the version before it would be asked for again.
            session.execute(
                sa.update(ConsentText)
                .where(
                    ConsentText.code == text.code, ConsentText.version <= text.version, ConsentText.retired_at.is_(None)
                )
                .values(retired_at=now, changed_by_account_id=actor.account_id)
                .execution_options(synchronize_session=False)
            )
            audit.record(session, actor, TEXT_RETIRED, CONSENT_TEXT, text.id, now=now)


def _need_administrator(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise NotFound


def _of_code(session: Session, wording: Wording) -> list[ConsentText]:
    wanted = sa.select(ConsentText).where(ConsentText.code == wording.code)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def _draft_or_none(session: Session, wording: Wording) -> ConsentText | None:
    drafts = (one for one in _of_code(session, wording) if one.published_at is None and one.retired_at is None)
    return next((one for one in drafts if one.language == wording.language), None)


def _version_for(session: Session, wording: Wording) -> int:
    """The newest version, when it is not there in that language yet; else the next."""
    listed = _of_code(session, wording)
    newest = max((one.version for one in listed), default=0)
    is_there = any(one.version == newest and one.language == wording.language for one in listed)
    return newest + 1 if is_there or not newest else newest
