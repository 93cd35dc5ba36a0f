"""What was typed when a login ran out comes back to the same account, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Account, KeptForm
from booking.services.kept_forms import (
    KEPT,
    MOST_CHARACTERS,
    MOST_FORMS,
    Typed,
    forget,
    keep,
    last_sent_or_none,
    prune_kept_forms,
    take,
)
from tests.factories import NOW, make_account

PAGE = "/visits/x/forms/peg/1"
SECOND = timedelta(seconds=1)


@pytest.fixture
def ana(session: Session) -> Account:
    return make_account(session)


def typed(text: str = "left knee", path: str = PAGE, *, is_sent: bool = False) -> Typed:
    return Typed(path, (("/save", "note", text),), is_sent)


def text_of(found: Typed | None) -> str | None:
    return found.fields[0][2] if found else None


def test_it_comes_back_once_and_is_sealed_meanwhile(session: Session, ana: Account) -> None:
    assert keep(session, account_id=ana.id, typed=typed(), now=NOW)
    assert "knee" not in session.scalars(sa.select(KeptForm.form_sealed)).one()
    session.rollback()
    assert take(session, account_id=ana.id, path="/other", now=NOW) is None
    assert text_of(take(session, account_id=ana.id, path=PAGE, now=NOW)) == "left knee"
    assert take(session, account_id=ana.id, path=PAGE, now=NOW) is None


def test_nobody_else_gets_it(session: Session, ana: Account) -> None:
    ben = make_account(session)
    keep(session, account_id=ana.id, typed=typed(is_sent=True), now=NOW)
    assert last_sent_or_none(session, account_id=ben.id, now=NOW) is None
    found = last_sent_or_none(session, account_id=ana.id, now=NOW)
    assert found
    session.rollback()
    forget(session, account_id=ben.id, key=found.key)
    assert last_sent_or_none(session, account_id=ana.id, now=NOW) == found
    session.rollback()
    forget(session, account_id=ana.id, key=found.key)
    assert last_sent_or_none(session, account_id=ana.id, now=NOW) is None


def test_what_was_kept_of_the_same_page_is_replaced(session: Session, ana: Account) -> None:
    for text in ("left", "right"):
        keep(session, account_id=ana.id, typed=typed(text), now=NOW)
    keep(session, account_id=ana.id, typed=typed("sent", is_sent=True), now=NOW)
    assert text_of(take(session, account_id=ana.id, path=PAGE, now=NOW)) == "right"
    assert session.scalar(sa.select(sa.func.count(KeptForm.id))) == 1


def test_only_so_much_is_kept(session: Session, ana: Account) -> None:
    assert not keep(session, account_id=ana.id, typed=typed("x" * MOST_CHARACTERS), now=NOW)
    for number in range(MOST_FORMS + 2):
        keep(session, account_id=ana.id, typed=typed(path=f"/{number}"), now=NOW)
    assert session.scalar(sa.select(sa.func.count(KeptForm.id))) == MOST_FORMS
    session.rollback()
    assert take(session, account_id=ana.id, path="/1", now=NOW) is None
    assert take(session, account_id=ana.id, path="/2", now=NOW)


def test_it_ends_after_half_a_day(session: Session, ana: Account) -> None:
    keep(session, account_id=ana.id, typed=typed(), now=NOW)
    assert take(session, account_id=ana.id, path=PAGE, now=NOW + KEPT) is None
    assert prune_kept_forms(session, now=NOW + KEPT - SECOND) == 0
    assert prune_kept_forms(session, now=NOW + KEPT) == 1


def test_one_that_does_not_open_is_left_out(session: Session, ana: Account) -> None:
    keep(session, account_id=ana.id, typed=typed(), now=NOW)
    session.execute(sa.update(KeptForm).values(row_key="A" * 22))
    session.commit()
    assert take(session, account_id=ana.id, path=PAGE, now=NOW) is None
