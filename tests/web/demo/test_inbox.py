"""The demo's pages: there in the demo, nowhere else; mail of any shape opens, and can do nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.adapters.ics import CalendarFacts, CalendarMethod, calendar_file
from booking.adapters.mail_catcher import CatchingHandler, keep
from booking.adapters.mime import Part, alternative_letter, header
from tests.databases import Database
from tests.programs import program_with
from tests.settings import settings_for

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ADDRESSES = ("/demo/inbox", "/demo/logins")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    CatchingHandler(tmp_path / "mail")
    return tmp_path


@pytest.fixture
def demo(app: Flask, database: Database, folder: Path) -> Iterator[FlaskClient]:
    """A browser at the demo clinic, on the database of the test."""
    with program_with(settings_for(database.url, folder, STAGE="demo")) as program:
        yield program.test_client()


def catch(folder: Path, *parts: Part, subject: str = "Your appointment", at: datetime = NOON) -> str:
    raw = alternative_letter(
        [header("To", "ana@harbour.example.org"), header("Subject", subject)], list(parts), message_id="<a@b>"
    )
    return keep(folder / "mail", raw, at)


def calendar(method: CalendarMethod) -> Part:
    facts = CalendarFacts(
        uid="a@b", sequence=0, starts_at=NOON, ends_at=NOON + timedelta(minutes=50), place="12 Main Street",
        stamped_at=NOON, organizer_name="Harbour", organizer_address="a@harbour.example.org",
    )  # fmt: skip
    return Part(f"text/calendar; method={method}", calendar_file(facts, method).decode())


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_an_empty_inbox_says_how_to_fill_it(demo: FlaskClient) -> None:
    assert "Nothing has come yet" in text_of(demo, "/demo/inbox")


def test_letters_are_listed_the_newest_first(demo: FlaskClient, folder: Path) -> None:
    catch(folder, Part("text/plain", "x"), subject="First <b>")
    newest = catch(folder, Part("text/plain", "x"), subject="Second", at=NOON + timedelta(seconds=1))
    page = text_of(demo, "/demo/inbox")
    assert page.index("Second") < page.index("First &lt;b&gt;")
    assert f"/demo/inbox/{newest}" in page
    assert "ana@harbour.example.org" in page
    assert re.search(r" [ap]m, [A-Z][a-zA-Z ]+ \([A-Z]{3}\)</span>", page)


def test_a_letter_is_shown_in_all_its_parts(demo: FlaskClient, folder: Path) -> None:
    mail_id = catch(
        folder,
        Part("text/plain", "Open http://localhost:8000/l/abc & <script>"),
        Part("text/html", "<p>Hello</p>"),
        calendar(CalendarMethod.REQUEST),
    )
    page = text_of(demo, f"/demo/inbox/{mail_id}")
    assert '<a href="http://localhost:8000/l/abc"' in page
    assert "&amp; &lt;script&gt;" in page
    assert f'<iframe class="mail-frame" src="/demo/inbox/{mail_id}/html" sandbox' in page
    assert "Puts the entry into a calendar" in page
    assert "12 Main Street" in page


def test_the_frame_gets_the_letter_and_no_power(demo: FlaskClient, folder: Path) -> None:
    mail_id = catch(folder, Part("text/plain", "x"), Part("text/html", "<p>Hello</p><script>alert(1)</script>"))
    answer = demo.get(f"/demo/inbox/{mail_id}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "<p>Hello</p>" in answer.get_data(as_text=True)
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "frame-src 'self'" in demo.get(f"/demo/inbox/{mail_id}").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("part", "there", "missing"),
    [
        (Part("text/plain", "Hello"), "As plain text", "<iframe"),
        (Part("text/html", "<p>Hello</p>"), "<iframe", "As plain text"),
        (calendar(CalendarMethod.CANCEL), "Takes the entry out of a calendar", "<iframe"),
        (Part("text/calendar", "BEGIN:VCALENDAR\r\nrubbish"), "Your appointment", "Calendar file"),
        (Part("text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "Your appointment", "Calendar file"),
    ],
    ids=["text", "html", "cancelled", "rubbish", "empty calendar"],
)
def test_a_letter_may_lack_parts(demo: FlaskClient, folder: Path, part: Part, there: str, missing: str) -> None:
    page = text_of(demo, f"/demo/inbox/{catch(folder, part)}")
    assert there in page
    assert missing not in page


@pytest.mark.parametrize("address", ["/demo/inbox/none", "/demo/inbox/none/html", "/demo/inbox/..%2f..%2fkeys.env"])
def test_a_letter_that_does_not_exist(demo: FlaskClient, address: str) -> None:
    assert demo.get(address).status_code == 404


def test_the_logins_are_told(demo: FlaskClient) -> None:
    page = text_of(demo, "/demo/logins")
    assert "dora@harbour.example.org" in page
    assert "calm-harbour-lights" in page


def test_every_page_of_the_demo_says_so(demo: FlaskClient) -> None:
    for address in ("/", "/account/log-in", "/nowhere"):
        page = demo.get(address).get_data(as_text=True)
        assert "everybody here is invented" in page
        assert "/demo/inbox" in page


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_real_clinic_has_none_of_it(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "everybody here is invented" not in answer.get_data(as_text=True)
