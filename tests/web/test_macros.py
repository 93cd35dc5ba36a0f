"""The macros that pages are made of: what is tied to what, for people who hear the page."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired

from booking.web import assets
from booking.web.fields import ThreePartDateField

PAIR = [SelectChoice("a", "One"), SelectChoice("b", "Two")]


class EveryForm(Form):
    name = StringField("Name", [DataRequired("Enter a name")])
    phone = StringField("Phone")
    secret = PasswordField("Password", [DataRequired("Enter a password")])
    note = TextAreaField("Note", [DataRequired("Enter a note")])
    who = SelectField("Who", [DataRequired("Choose who")], choices=[SelectChoice("", "Any"), *PAIR])
    what = RadioField("What", [DataRequired("Choose what")], choices=PAIR)
    needs = SelectMultipleField("Needs", [DataRequired("Choose needs")], choices=PAIR)
    agree = BooleanField("Agree", [DataRequired("Agree first")])
    born = ThreePartDateField("Born", [InputRequired("Enter a date")])
    pain = RadioField("Pain", [DataRequired("Choose a number")], choices=[SelectChoice(str(n)) for n in range(11)])


FIELDS = [
    ("name", 'forms.text(form.name, hint="Hint")'),
    ("secret", 'forms.password(form.secret, hint="Hint")'),
    ("note", 'forms.textarea(form.note, hint="Hint")'),
    ("who", 'forms.select(form.who, hint="Hint")'),
    ("what", 'forms.radios(form.what, hint="Hint")'),
    ("needs", 'forms.checkboxes(form.needs, hint="Hint")'),
    ("agree", 'forms.checkbox(form.agree, hint="Hint")'),
    ("born", 'forms.date(form.born, hint="Hint")'),
    ("pain", 'forms.scale(form.pain, "none", "worst", hint="Hint")'),
]


@pytest.fixture
def app() -> Flask:
    app = Flask("booking")
    app.secret_key = "for flashed messages"
    Babel(app)
    assets.init_app(app)
    return app


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def render(source: str, **values: Any) -> str:
    imports = "".join(f'{{% import "_macros/{name}.html" as {name} %}}' for name in ("forms", "parts", "board"))
    return re.sub(r"\s+", " ", render_template_string(imports + source, **values))


def refused_form() -> EveryForm:
    form = EveryForm(MultiDict({"who": ""}))
    form.validate()
    return form


@pytest.mark.parametrize(("name", "macro"), FIELDS)
def test_a_field_is_tied_to_its_hint_and_its_error(name: str, macro: str) -> None:
    html = render(f"{{{{ {macro} }}}}", form=refused_form())
    assert f'aria-describedby="{name}-hint {name}-error"' in html
    assert f'id="{name}-hint"' in html
    assert f'id="{name}-error"' in html


@pytest.mark.parametrize(("name", "macro"), FIELDS)
def test_a_field_without_a_mistake_speaks_of_none(name: str, macro: str) -> None:
    html = render(f"{{{{ {macro} }}}}", form=EveryForm())
    assert f'aria-describedby="{name}-hint"' in html
    assert "error" not in html
    assert "aria-invalid" not in html


def test_the_month_may_be_typed_as_a_word() -> None:
    html = render("{{ forms.date(form.born) }}", form=EveryForm())
    day, month, year = re.findall(r"<input[^>]*>", html)
    assert 'inputmode="numeric"' in day
    assert 'inputmode="numeric"' in year
    assert "inputmode" not in month
    assert "govuk-input--width-10" in month


def test_each_link_of_the_error_summary_leads_to_an_input() -> None:
    calls = "".join(f"{{{{ {macro} }}}}" for _, macro in FIELDS)
    html = render("{{ forms.error_summary(form) }}" + calls, form=refused_form())
    targets = re.findall(r'<a href="#([\w-]+)">', html)
    inputs = re.findall(r'<(?:input|select|textarea)[^>]*? id="([\w-]+)"', html)
    assert len(targets) == len(FIELDS)
    assert set(targets) <= set(inputs)


def test_a_form_without_mistakes_has_no_summary() -> None:
    assert "problem" not in render("{{ forms.error_summary(form) }}", form=EveryForm())


def test_a_field_that_may_stay_empty_says_so() -> None:
    html = render("{{ forms.tel(form.phone) }}{{ forms.text(form.name) }}", form=EveryForm())
    assert html.count("(optional)") == 1


def test_one_question_per_page_makes_the_question_the_heading() -> None:
    html = render("{{ forms.radios(form.what, heading=true) }}", form=EveryForm())
    assert re.search(r"<legend[^>]*> ?<h1[^>]*>What</h1>", html)


def test_a_password_is_never_sent_back() -> None:
    form = EveryForm(MultiDict({"secret": "correct horse"}))
    assert "correct horse" not in render("{{ forms.password(form.secret) }}", form=form)


def test_what_was_typed_is_escaped() -> None:
    form = EveryForm(MultiDict({"name": '"><script>'}))
    assert "<script>" not in render("{{ forms.text(form.name) }}", form=form)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def test_the_name_of_a_time_is_complete_and_starts_with_what_is_seen() -> None:
    html = render('{{ parts.slot("10:20 am", "Tuesday 24 November", "Dr A. Moreau", value="x") }}')
    assert text_of(html) == "10:20 am, Tuesday 24 November, with Dr A. Moreau"
    assert '<button class="slot" type="submit" name="slot" value="x">' in html


def test_a_day_without_times_says_so() -> None:
    assert "No times" in render('{{ parts.slot_day("Tuesday 24 November", [], "d1") }}')


def test_a_change_link_says_what_it_changes() -> None:
    html = render('{{ parts.summary_list([{"key": "Phone", "value": "555", "href": "/x"}]) }}')
    assert "Change<span" in html
    assert "Change phone" in text_of(html)


@pytest.mark.parametrize(
    ("start", "minutes", "classes"),
    [
        (560, 20, "at-h9 at-m20 for-h0 for-m20"),
        (480, 60, "at-h8 at-m0 for-h1 for-m0"),
        (562, 20, "at-h9 at-m20 for-h0 for-m25"),
        (600, 0, "at-h10 at-m0 for-h0 for-m5"),
    ],
)
def test_a_place_on_the_board_is_said_in_classes(start: int, minutes: int, classes: str) -> None:
    assert render("{{ board.place(start, minutes) }}", start=start, minutes=minutes).strip() == classes


def test_a_visit_on_the_board_says_its_status_in_words() -> None:
    html = render('{{ board.visit(560, 15, "9:20", "Stub, G.", "Follow-up", "no_show", "No-show", "/v") }}')
    assert "No-show" in text_of(html)
    assert "status-no_show" in html
    assert "style=" not in html


@pytest.mark.parametrize("base", ["base.html", "staff_base.html"])
@pytest.mark.parametrize(
    ("form", "title"), [(None, "Details – Appointments"), ("refused", "Error: Details – Appointments")]
)
def test_a_refused_page_says_so_first_in_its_title(base: str, form: str | None, title: str) -> None:
    page = "{% extends base %}{% set page_title = 'Details' %}"
    html = render_template_string(page, base=base, form=refused_form() if form else None)
    assert f"<title>{title}</title>" in html


@pytest.mark.parametrize("code", ["400", "403", "404", "405", "409", "410", "413", "429", "500", "503"])
def test_error_pages_have_one_heading_and_a_way_out(code: str) -> None:
    html = render_template_string(f'{{% include "errors/{code}.html" %}}')
    assert html.count("<h1") == 1
    assert 'class="govuk-button"' in html


def test_the_theme_form_marks_the_present_choice() -> None:
    html = render_template_string('{% extends "base.html" %}', theme="dark", theme_url="/theme")
    assert 'data-theme="dark"' in html
    assert re.search(r'value="dark"[^>]*aria-pressed="true"', html)
    assert html.count('aria-pressed="true"') == 1
