"""Recovery codes: shown once, hashed, each once, however they are typed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.models import Account, RecoveryCode
from booking.queries.credentials import factors_of
from booking.services import passwords
from booking.services.recovery_codes import COUNT, hash_typed, make_codes, read_code, take_recovery_code
from booking.services.transaction import transaction
from tests.factories import NOW, make_account
from tests.services.factors_cast import events, moment, person, with_app


@pytest.fixture
def ana(session: Session) -> Account:
    account = make_account(session)
    with_app(session, account)
    return account


def make(session: Session, account: Account) -> tuple[str, ...]:
    return make_codes(session, actor=person(account), keep="", now=moment())


def take(session: Session, account: Account, typed: str) -> bool:
    code_hash = hash_typed(session, account.id, typed)
    with transaction(session):
        return take_recovery_code(session, account.id, code_hash, NOW)


def test_there_are_ten_and_none_is_kept(session: Session, ana: Account) -> None:
    codes = make(session, ana)
    assert len(set(codes)) == COUNT
    stored = "".join(session.scalars(sa.select(RecoveryCode.code_hash)))
    assert not [code for code in codes if read_code(code) in stored]
    assert factors_of(session, ana.id).codes_left == COUNT
    assert events(session)[-1] == ("recovery_codes_made", None)


def test_each_works_once(session: Session, ana: Account) -> None:
    codes = make(session, ana)
    assert take(session, ana, codes[3])
    assert not take(session, ana, codes[3])
    assert take(session, ana, codes[4])
    assert factors_of(session, ana.id).codes_left == COUNT - 2


def test_it_may_be_typed_in_any_way(session: Session, ana: Account) -> None:
    code = make(session, ana)[0]
    assert take(session, ana, f" {code.lower().replace('-', ' ')} ")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("olliI-00000", "0111100000"), ("", ""), ("\x00é", ""), ("x" * 1000, "X" * 10), ("abcde—fghjk", "ABCDEFGHJK")],
)
def test_letters_for_digits_are_read_as_digits(typed: str, read: str) -> None:
    assert read_code(typed) == read


def test_a_new_set_ends_the_old_one(session: Session, ana: Account) -> None:
    old, new = make(session, ana), make(session, ana)
    assert not take(session, ana, old[0])
    assert take(session, ana, new[0])


def test_those_of_others_do_not_work(session: Session, ana: Account) -> None:
    code, ben = make(session, ana)[0], make_account(session)
    assert not take(session, ben, code)


def test_without_a_second_step_there_are_none(session: Session) -> None:
    with pytest.raises(NotFound):
        make(session, make_account(session))


def test_looking_for_one_costs_one_slow_hash(session: Session, ana: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    make(session, ana)
    ben, made, real = make_account(session), [], passwords.hash_secret_raw
    monkeypatch.setattr(passwords, "hash_secret_raw", lambda *args: made.append(args) or real(*args))
    take(session, ana, "AAAAAAAAAA")
    take(session, ben, "AAAAAAAAAA")
    assert len(made) == 2, "one for each, also where there are no codes at all"
