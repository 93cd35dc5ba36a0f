"""The date asked for as three text fields."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import InputRequired, Optional, ValidationError

from booking.web.fields import ThreePartDateField


class BornForm(Form):
    born = ThreePartDateField("Date of birth", [InputRequired("Enter your date of birth")])


@pytest.fixture(autouse=True)
def _request() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def posted(day: str, month: str, year: str) -> BornForm:
    return BornForm(MultiDict({"born-day": day, "born-month": month, "born-year": year}))


@pytest.mark.parametrize(
    "parts",
    [
        ("27", "3", "1970"),
        (" 27 ", "03", "1970"),
        ("27", "March", "1970"),
        ("27", " mar ", "1970"),
        ("27", "MAR.", "1970"),
    ],
)
def test_a_date_is_read_from_its_parts(parts: tuple[str, str, str]) -> None:
    form = posted(*parts)
    assert form.validate()
    assert form.born.data == date(1970, 3, 27)


@pytest.mark.parametrize(
    ("parts", "wrong", "sentence"),
    [
        (("", "", ""), ("day", "month", "year"), "Enter your date of birth"),
        (("27", "", "1970"), ("month",), "Enter the month of the date"),
        (("", "3", ""), ("day", "year"), "Enter the day of the date"),
        (("27", "3", ""), ("year",), "Enter the year of the date"),
        (("27", "3", "70"), ("year",), "Enter the year with 4 numbers, like 1970"),
        (("31", "2", "1970"), ("day", "month", "year"), "Enter a real date, like 27 3 1970"),
        (("27", "Marchember", "1970"), ("day", "month", "year"), "Enter a real date, like 27 3 1970"),
        (("²", "3", "1970"), ("day", "month", "year"), "Enter a real date, like 27 3 1970"),
        (("1", "1", "0000"), ("day", "month", "year"), "Enter a real date, like 27 3 1970"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(
    parts: tuple[str, str, str], wrong: tuple[str, ...], sentence: str
) -> None:
    form = posted(*parts)
    assert not form.validate()
    assert form.born.errors == [sentence]
    assert form.born.wrong_parts == wrong
    assert form.born.first_wrong_part == wrong[0]
    assert tuple(form.born.parts.values()) == parts


def test_a_month_is_read_by_its_name_in_the_language_of_the_reader() -> None:
    with force_locale("de"):
        assert posted("1", "März", "1970").born.data == date(1970, 3, 1)
        assert posted("1", "Dez", "1970").born.data == date(1970, 12, 1)


def test_an_optional_date_may_stay_empty() -> None:
    class OptionalForm(Form):
        until = ThreePartDateField("Until", [Optional()])

    form = OptionalForm(MultiDict({"until-day": "", "until-month": "", "until-year": ""}))
    assert form.validate()
    assert form.until.data is None


def test_a_later_refusal_marks_the_whole_date() -> None:
    class PastForm(Form):
        born = ThreePartDateField("Born")

        def validate_born(self, _field: ThreePartDateField) -> None:
            raise ValidationError("Enter a date in the past")

    form = PastForm(MultiDict({"born-day": "1", "born-month": "1", "born-year": "2999"}))
    assert not form.validate()
    assert form.born.wrong_parts == ("day", "month", "year")


def test_known_data_fills_the_parts() -> None:
    form = BornForm(data={"born": date(1970, 3, 27)})
    assert form.born.parts == {"day": "27", "month": "3", "year": "1970"}
    assert form.born.first_wrong_part == "day"


def test_another_form_on_the_page_leaves_the_date_alone() -> None:
    form = BornForm(MultiDict({"other": "x"}), data={"born": date(1970, 3, 27)})
    assert form.born.data == date(1970, 3, 27)
