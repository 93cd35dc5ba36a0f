"""The start page says what a consultation is, and never more than is known."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from booking.web.public.licences import shipped_parts

NEVER_WRITTEN = (
    "conditions we treat",
    "indications",
    "cures",
    "proven",
    "safe for everyone",
    "eligible",
    "contraindicated",
)


def test_start_page_leads_to_booking_visits_and_the_phone(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/book/"' in page.text
    assert 'href="/visits/"' in page.text
    assert "tel:" in page.text


def test_start_page_names_the_emergency_number_and_the_crisis_line(client: FlaskClient) -> None:
    page = client.get("/").text
    text = re.sub(r"<[^>]+>", "", page)
    assert "Call 911 at once" in text
    assert "call or text 988" in text
    for number in ("911", "988"):
        assert page.count(f'href="tel:{number}"') == 2, "in the box and in the footer"


@pytest.mark.parametrize("words", NEVER_WRITTEN)
def test_start_page_promises_nothing(client: FlaskClient, words: str) -> None:
    assert words not in client.get("/").text.lower()


def test_start_page_says_who_decides_and_warns_about_medicines(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "case by case" in page
    assert "may be considered" in page
    assert "Do not stop or change any medicine unless your specialist tells you to." in page
    assert not re.search(r"\btreats?\b", page)


def test_licences_show_every_part_of_the_notice_and_the_questionnaires(client: FlaskClient) -> None:
    page = client.get("/licences").text
    names = [part.name for part in shipped_parts()]
    assert len(names) >= 2
    assert [name for name in names if name not in page] == []
    assert "LOINC" in page


def test_the_icon_that_browsers_ask_for_by_themselves_exists(client: FlaskClient) -> None:
    icon = client.get("/favicon.ico")
    assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
