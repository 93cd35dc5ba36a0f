"""One answer for each form, also when two submits race."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.core.errors import NonceReused
from booking.services.idempotency import body_hash, claim_answer, earlier_answer, remember_answer
from tests.factories import NOW


def claim(session: Session, subject: str, *, nonce: str = "n", body: str = "b", owner: str = "o") -> str | None:
    return claim_answer(session, owner=owner, nonce=nonce, body=body, subject=subject, now=NOW)


def test_the_first_claim_is_new_and_the_second_gets_its_answer(session: Session) -> None:
    assert claim(session, "first") is None
    assert claim(session, "second") == "first"


def test_a_nonce_belongs_to_one_browser_session(session: Session) -> None:
    claim(session, "first")

    assert claim(session, "second", owner="other") is None


def test_another_body_under_the_same_nonce_is_refused(session: Session) -> None:
    claim(session, "first")

    with pytest.raises(NonceReused):
        claim(session, "second", body="other")


def test_what_was_rolled_back_was_never_claimed(session: Session) -> None:
    claim(session, "first")
    session.rollback()

    assert claim(session, "second") is None


def test_an_answer_is_remembered(session: Session) -> None:
    assert earlier_answer(session, owner="o", nonce="n", body="b") is None
    remember_answer(session, owner="o", nonce="n", body="b", subject="s", now=NOW)

    assert earlier_answer(session, owner="o", nonce="n", body="b") == "s"


def test_the_order_of_fields_makes_no_other_body() -> None:
    assert body_hash({"a": 1, "b": NOW}) == body_hash({"b": NOW, "a": 1})
    assert body_hash({"a": 1}) != body_hash({"a": 2})
