"""What forms share: signs that are refused before anything is looked at for its meaning."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel
from wtforms.validators import ValidationError

from booking.web.validators import no_longer_than, one_line, phone_number, some_lines, stripped


def field(text: str | None) -> SimpleNamespace:
    return SimpleNamespace(data=text)


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\ud800", "\u202etxet", "\ue000"])
def test_signs_that_are_no_text_are_refused(text: str) -> None:
    for check in (one_line, some_lines):
        with pytest.raises(ValidationError):
            check(None, field(text))


@pytest.mark.parametrize("text", [None, "", "Zoë O’Brien", "李小龙", "👩‍⚕️", "اسم"])
def test_names_of_people_are_text(text: str | None) -> None:
    one_line(None, field(text))
    some_lines(None, field(text))


def test_several_lines_are_for_fields_that_have_them() -> None:
    some_lines(None, field("one\r\n\ttwo\nthree"))
    with pytest.raises(ValidationError):
        one_line(None, field("one\ntwo"))


@pytest.mark.parametrize("text", [None, "", "555-0142", "+49 30 123456", "(555) 010.0142 x12"])
def test_phone_numbers_of_any_country(text: str | None) -> None:
    phone_number(None, field(text))


@pytest.mark.parametrize("text", ["12", "(((((((", "call me", "555-0142; drop", "٥٥٥٠١٤٢"])
def test_what_is_no_phone_number(text: str) -> None:
    with pytest.raises(ValidationError):
        phone_number(None, field(text))


def test_stripping_leaves_nothing_as_it_is() -> None:
    assert (stripped(None), stripped(" a "), stripped("")) == (None, "a", "")


def test_a_text_that_is_too_long_is_refused_in_our_words() -> None:
    app = Flask(__name__)
    Babel(app)
    too_long = SimpleNamespace(data="x" * 121, ngettext=None)
    with app.test_request_context(), pytest.raises(ValidationError, match=r"^Use 120 characters or fewer$"):
        no_longer_than(120)(None, too_long)
