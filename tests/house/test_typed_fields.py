"""Every field that takes words is known to the search for what was typed (tests/torture/test_canaries.py)."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.torture.typed_fields import FIELDS, unknown_fields

pytestmark = pytest.mark.sqlite_only  # No database is asked.


def test_every_field_that_takes_words_says_what_it_tells(app: Flask) -> None:
    assert unknown_fields() == [], "say in tests/torture/typed_fields.py what is typed there"


def test_a_field_that_nobody_named_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FIELDS["desk"], "note")
    assert "booking.web.desk.forms.CancelVisitForm.note" in unknown_fields()
