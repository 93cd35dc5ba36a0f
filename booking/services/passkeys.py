"""Passkeys (WebAuthn): add, name, remove, and check what a device answers. The private half never leaves the device.

Devices are asked to know the person too (a finger, a face, a PIN), so that a passkey alone is two factors, and to keep
the passkey under our name, so that nobody needs to type an address first: a list of an account's passkeys is only given
to somebody who has its password. What was asked (the challenge) is kept by the caller and counts once.
"""

from __future__ import annotations

import binascii
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from booking.core.actor import Actor
from booking.core.errors import NotFound, WrongCode
from booking.models import Account, Passkey, new_public_id
from booking.queries.credentials import credential_ids
from booking.services.app_codes import own_account
from booking.services.second_factors import demand_another, forget_codes_without_factor, note_changed
from booking.services.transaction import transaction

MAX_ANSWER = 8000
"""Characters of the longest answer that is read at all."""

MOST = 10
"""Passkeys of one account."""

# What the library raises besides its own errors when an answer is cut off or made up.
_UNREADABLE = (
    WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError,
    struct.error, binascii.Error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are: the host without port, the neutral name, and the origin that pages are opened from."""

    host: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a device is asked: the options as JSON for the browser, and the challenge in them, base64url."""

    options: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A right answer of a device: whose passkey it is, and its counter before and now."""

    passkey_id: int
    account_id: int
    count_before: int
    count_now: int


def question_to_add(session: Session, *, actor: Actor, site: Site) -> Question:
    """Ask a device to make a passkey for the actor's account; one that has one already is left out."""
    account = session.get_one(Account, own_account(actor))
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=account.public_id.encode(),
        user_name=account.email,
        user_display_name=account.email,
        exclude_credentials=_descriptors(credential_ids(session, account.id)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def question_to_prove(site: Site, allowed: Sequence[str] = ()) -> Question:
    """Ask a device to answer with one of the passkeys `allowed`, or with any that it has for us when there are none."""
    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def _descriptors(ids: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in ids]


def add_passkey(
    session: Session, *, actor: Actor, site: Site, challenge: str, answer: str, name: str, keep: str, now: datetime
) -> None:
    """Keep what the device made. Ends all sessions of the account but that of the token `keep`.

    Raises WrongCode when the answer is not one to that challenge, or the account has too many."""
    account_id = own_account(actor)
    try:
        made = verify_registration_response(
            credential=_read(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise WrongCode from error
    passkey = Passkey(
        public_id=new_public_id(),
        account_id=account_id,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        name=name,
        created_at=now,
    )
    with transaction(session):
        _demand_new(session, passkey)
        session.add(passkey)
        note_changed(session, actor, account_id, "passkey_added", keep=keep, now=now)


def _demand_new(session: Session, passkey: Passkey) -> None:
    """Raise WrongCode when the account has enough, or anybody has this one: devices make no id twice."""
    known = session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == passkey.credential_id))
    if known is not None or len(credential_ids(session, passkey.account_id)) >= MOST:
        raise WrongCode


def _read(answer: str) -> dict[str, Any]:
    """The answer as the browser wrote it. Raises ValueError for what is no JSON object, or too long for one."""
    if len(answer) > MAX_ANSWER:
        raise ValueError("too long for an answer of a device")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - it is text of a wrong form, and refused as such.
    return read


def answered_or_none(session: Session, *, site: Site, challenge: str, answer: str) -> Answered | None:
    """Whose passkey answered that challenge; None when it is no passkey of ours or the answer is not right.

    Reads only: `note_used` records it in the transaction of what it lets happen."""
    try:
        read = _read(answer)
        passkey = _passkey_or_none(session, read)
        if passkey is None:
            return None
        seen = verify_authentication_response(
            credential=read,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return None
    return Answered(passkey.id, passkey.account_id, passkey.sign_count, seen.new_sign_count)


def named_id(answer: str) -> str:
    """The id of the passkey that the answer names, whether or not there is one; "" when it names none."""
    try:
        return str(_read(answer).get("id", ""))
    except (ValueError, RecursionError):
        return ""


def _passkey_or_none(session: Session, read: dict[str, Any]) -> Passkey | None:
    """The passkey that the answer names, if it also names our account when it names one."""
    passkey = session.scalars(sa.select(Passkey).where(Passkey.credential_id == str(read.get("id")))).one_or_none()
    if passkey is None:
        return None
    handle = read["response"].get("userHandle")
    whose = session.get_one(Account, passkey.account_id).public_id
    return passkey if handle is None or base64url_to_bytes(handle) == whose.encode() else None


def note_used(session: Session, answered: Answered, now: datetime) -> bool:
    """Record the use in the open transaction; False when the passkey was used or removed meanwhile."""
    used = session.execute(
        sa.update(Passkey)
        .where(Passkey.id == answered.passkey_id, Passkey.sign_count == answered.count_before)
        .values(sign_count=answered.count_now, last_used_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(used, "rowcount", 0))


def own_passkey(session: Session, actor: Actor, public_id: str) -> Passkey:
    """The passkey of the actor's own account. Raises NotFound."""
    own = sa.select(Passkey).where(Passkey.public_id == public_id, Passkey.account_id == own_account(actor))
    passkey = session.scalars(own).one_or_none()
    if passkey is None:
        raise NotFound
    return passkey


def rename_passkey(session: Session, *, actor: Actor, public_id: str, name: str) -> None:
    """Give it another name. Raises NotFound."""
    with transaction(session):
        own_passkey(session, actor, public_id).name = name


def remove_passkey(
    session: Session, *, actor: Actor, public_id: str, must_keep_one: bool, keep: str, now: datetime
) -> None:
    """Forget it. Raises LastFactor when the account must keep a second step and has no other, NotFound."""
    account_id = own_account(actor)
    with transaction(session):
        passkey = own_passkey(session, actor, public_id)
        demand_another(session, account_id, must_keep_one=must_keep_one)
        session.delete(passkey)
        forget_codes_without_factor(session, account_id)
        note_changed(session, actor, account_id, "passkey_removed", keep=keep, now=now)
