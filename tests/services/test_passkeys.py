"""Passkeys: what a device answers is checked against what was asked, by us, here, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import LastFactor, NotFound, WrongCode
from booking.core.messages import MessageKind
from booking.models import Account, Passkey
from booking.queries.credentials import credential_ids, factors_of
from booking.services.passkeys import (
    MAX_ANSWER,
    MOST,
    Answered,
    Site,
    add_passkey,
    answered_or_none,
    named_id,
    note_used,
    question_to_add,
    question_to_prove,
    remove_passkey,
    rename_passkey,
)
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_passkey
from tests.passkey_device import PRESENT, Device
from tests.services.factors_cast import SITE, events, mails, moment, person, with_passkey

ELSEWHERE = Site("evil.example", "Somebody", "https://evil.example")


@pytest.fixture
def ana(session: Session) -> Account:
    return make_account(session)


def prove(session: Session, device: Device, site: Site = SITE, answer: str | None = None) -> Answered | None:
    question = question_to_prove(SITE, [device.name])
    text = device.prove(question.options) if answer is None else answer
    return answered_or_none(session, site=site, challenge=question.challenge, answer=text)


def use(session: Session, answered: Answered | None) -> bool:
    assert answered is not None
    with transaction(session):
        return note_used(session, answered, NOW)


def test_a_passkey_is_added_told_and_recorded(session: Session, ana: Account) -> None:
    with_passkey(session, ana, name="Phone")
    kept = factors_of(session, ana.id)
    assert [one.name for one in kept.passkeys] == ["Phone"]
    assert kept.has_any
    assert (events(session), mails(session)) == ([("passkey_added", None)], [MessageKind.LOG_IN_CHANGED])


def test_the_question_asks_for_a_person_and_names_what_there_is(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    asked = json.loads(question_to_add(session, actor=person(ana), site=SITE).options)
    assert asked["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required"
    }  # fmt: skip
    assert [one["id"] for one in asked["excludeCredentials"]] == [device.name]
    assert json.loads(question_to_prove(SITE).options)["userVerification"] == "required"


def test_the_device_proves_whose_it_is_and_its_use_is_noted(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    answered = prove(session, device)
    assert use(session, answered)
    assert answered is not None
    assert answered.account_id == ana.id
    assert not use(session, answered), "the same answer again is of before"
    assert use(session, prove(session, device))
    assert factors_of(session, ana.id).passkeys[0].last_used_at == NOW


@pytest.mark.parametrize(
    "change",
    [
        lambda device: setattr(device, "origin", "https://evil.example"),
        lambda device: setattr(device, "flags", PRESENT),
        lambda device: setattr(device, "key", Device().key),
        lambda device: setattr(device, "handle", b"somebody else"),
        lambda device: setattr(device, "id", Device().id),
        lambda device: setattr(device, "count", -1),
    ],
    ids=["origin", "nobody verified", "key", "person", "unknown", "counter"],
)
def test_a_wrong_answer_proves_nothing(session: Session, ana: Account, change: Callable[[Device], None]) -> None:
    device = with_passkey(session, ana, Device(count=5))
    change(device)
    assert prove(session, device) is None


def test_an_answer_to_another_question_proves_nothing(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    old = device.prove(question_to_prove(SITE).options)
    assert prove(session, device, answer=old) is None


def test_an_answer_for_another_site_proves_nothing(session: Session, ana: Account) -> None:
    assert prove(session, with_passkey(session, ana), ELSEWHERE) is None


def test_a_device_that_names_nobody_is_taken_at_its_key(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    question = question_to_prove(SITE)
    answer = json.loads(device.prove(question.options))
    del answer["response"]["userHandle"]
    text = json.dumps(answer)
    assert answered_or_none(session, site=SITE, challenge=question.challenge, answer=text) is not None


GARBAGE = ["", "{}", "[]", "null", "[" * 5000, '{"id": 7}', '{"id": {}}', "\x00", "x" * (MAX_ANSWER + 1)]


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_refused_and_never_a_bug(session: Session, ana: Account, answer: str) -> None:
    assert prove(session, with_passkey(session, ana), answer=answer) is None
    assert isinstance(named_id(answer), str)
    with pytest.raises(WrongCode):
        add_passkey(session, actor=person(ana), site=SITE, challenge="", answer=answer, name="x", keep="", now=moment())


@pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", ["", "A", "AAAA", "é", None, 7, []])
def test_broken_parts_are_refused(session: Session, ana: Account, field: str, value: object) -> None:
    device = with_passkey(session, ana)
    question = question_to_prove(SITE)
    answer = json.loads(device.prove(question.options))
    answer["response"][field] = value
    is_left_out = (field, value) == ("userHandle", None)
    found = answered_or_none(session, site=SITE, challenge=question.challenge, answer=json.dumps(answer))
    assert (found is not None) == is_left_out


def test_an_answer_names_its_passkey(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    assert named_id(device.prove(question_to_prove(SITE).options)) == device.name


def test_one_device_is_added_once(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    with pytest.raises(WrongCode):
        with_passkey(session, make_account(session), device)


def test_nobody_needs_more_than_ten(session: Session, ana: Account) -> None:
    for _ in range(MOST):
        make_passkey(session, ana)
    with pytest.raises(WrongCode):
        with_passkey(session, ana)


def test_nobody_without_an_account_is_asked(session: Session) -> None:
    with pytest.raises(NotFound):
        question_to_add(session, actor=Actor(), site=SITE)


def test_it_gets_another_name_by_its_owner_alone(session: Session, ana: Account) -> None:
    passkey = make_passkey(session, ana)
    with pytest.raises(NotFound):
        rename_passkey(session, actor=person(make_account(session)), public_id=passkey.public_id, name="Mine")
    rename_passkey(session, actor=person(ana), public_id=passkey.public_id, name="Old phone")
    assert [one.name for one in factors_of(session, ana.id).passkeys] == ["Old phone"]


def remove(session: Session, account: Account, passkey: Passkey, *, must_keep_one: bool = False) -> None:
    remove_passkey(
        session, actor=person(account), public_id=passkey.public_id, must_keep_one=must_keep_one, keep="", now=moment()
    )


def test_it_is_removed_by_its_owner_alone(session: Session, ana: Account) -> None:
    passkey = make_passkey(session, ana)
    with pytest.raises(NotFound):
        remove(session, make_account(session), passkey)
    remove(session, ana, passkey)
    assert credential_ids(session, ana.id) == []
    assert events(session)[-1] == ("passkey_removed", None)


def test_the_last_one_stays_where_one_must_be(session: Session, ana: Account) -> None:
    first, last = make_passkey(session, ana), make_passkey(session, ana)
    remove(session, ana, first, must_keep_one=True)
    with pytest.raises(LastFactor):
        remove(session, ana, last, must_keep_one=True)


def test_the_name_of_the_site_is_ours(session: Session, ana: Account) -> None:
    site = replace(SITE, name="Northside Appointments")
    asked = json.loads(question_to_add(session, actor=person(ana), site=site).options)
    assert asked["rp"] == {"name": "Northside Appointments", "id": "localhost"}
