"""Every template compiles, none trusts a string, and every kind of message can be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemLoader

from booking.core.messages import MessageKind

TEMPLATES = Path(__file__).parents[2] / "booking" / "templates"
ALL = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))
PAGES = [name for name in ALL if name.endswith(".html") and not name.startswith("email/")]
PARTS_OF_A_LETTER = ("subject.txt", "body.txt", "body.html")
# The mark of a text that needs no escaping: our own program may make one, no template may call a string one.
TRUSTS = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\s*\(")
PRINTS_DATES = re.compile(r"strftime|isoformat\(\)\s*}}")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_compiles(shared_app: Flask, name: str) -> None:
    shared_app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("email/")])
def test_every_part_of_a_letter_compiles(name: str) -> None:
    Environment(loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], autoescape=True).get_template(name)


@pytest.mark.parametrize("name", [name for name in ALL if name.endswith(".html")])  # Plain text needs no escaping.
def test_no_template_trusts_a_string_or_prints_a_date_by_itself(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert TRUSTS.findall(source) == []
    assert PRINTS_DATES.findall(re.sub(r'"[^"\n]*"', "", source)) == []


@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_kind_has_its_three_templates(kind: MessageKind) -> None:
    found = {path.name for path in (TEMPLATES / "email" / kind.value).iterdir()}
    assert found == set(PARTS_OF_A_LETTER)


@pytest.mark.parametrize("source", ["{{ name|safe }}", "{{ name | safe }}", "{% autoescape false %}"])
def test_the_search_for_trust_finds_it(source: str) -> None:
    assert TRUSTS.search(source)
