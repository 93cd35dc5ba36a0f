"""The desk's words for codes: every code has one, and an unknown one does no harm."""

from __future__ import annotations

import pytest
from flask import Flask

from booking.core.messages import ACCOUNT_KINDS, MessageKind, MessageState
from booking.core.scheduling.day_steps import STEPS
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.services.appointments import OVERRIDABLE
from booking.web.desk import words


def test_every_code_has_its_word() -> None:
    assert set(words.STATUS) == set(AppointmentStatus)
    assert set(words.STEP) == {after for afters in STEPS.values() for after in afters}
    assert set(words.MESSAGE) >= set(MessageKind) - ACCOUNT_KINDS
    assert set(words.MESSAGE_STATE) == set(MessageState)
    assert set(words.REFUSALS) >= OVERRIDABLE


def test_codes_of_reasons_fit_their_column_and_are_told_apart() -> None:
    groups = (words.PATIENT_REASONS, words.CLINIC_REASONS, words.REASONS_OF_PATIENTS)
    codes = [code for group in groups for code in group]
    assert len(codes) == len(set(codes))
    assert max(map(len, codes)) <= 40


@pytest.mark.parametrize(
    ("code", "word"),
    [("prov", "The specialist cannot be there"), ("urgent", "It cannot wait"), ("old-code", "old-code")],
)
def test_reasons_of_the_history(app: Flask, code: str, word: str) -> None:
    with app.test_request_context():
        assert words.reason_word(code) == word
