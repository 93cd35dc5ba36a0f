"""Letters that tell of two times: a visit that was moved, and an earlier time that is offered."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.adapters.letters import (
    LetterWriter,
    OtherTime,
)
from booking.core.messages import MessageKind
from tests.adapters.letters_cast import LINKS, OFFER, PRESENT, VISIT, facts, said, texts


@pytest.fixture(scope="module")
def writer() -> LetterWriter:
    return LetterWriter()


@pytest.mark.parametrize("name", ["text/plain", "text/html"])
def test_a_moved_visit_is_told_with_both_times(writer: LetterWriter, name: str) -> None:
    told = said(writer.write(facts(MessageKind.CHANGED)), name)
    assert "Monday 9 March 2026 at 9:00 am (New York time)" in told
    assert "It was: Friday 20 March 2026 at 2:30 pm (New York time)" in told
    assert told.count("12 Main Street") == 1, "a place that stays is not told twice"


def test_a_visit_at_another_place_tells_the_old_one(writer: LetterWriter) -> None:
    moved = replace(VISIT, other=OtherTime(VISIT.starts_at, ZoneInfo("America/Chicago"), "3 Lake Road, Chicago"))
    letter = writer.write(facts(MessageKind.CHANGED, visit=moved))
    assert letter.subject == "Your appointment on Mon 9 Mar, 9:00 am has changed"
    told = said(letter, "text/plain")
    assert "It was: Monday 9 March 2026 at 8:00 am (Chicago time), 3 Lake Road, Chicago" in told


def test_a_moved_visit_without_a_known_old_time_tells_the_new_one(writer: LetterWriter) -> None:
    letter = writer.write(facts(MessageKind.CHANGED, visit=VISIT))
    assert "It was" not in said(letter, "text/plain") + said(letter, "text/html")
    assert letter.subject == "New time: Mon 9 Mar, 9:00 am"


@pytest.mark.parametrize("name", ["text/plain", "text/html"])
def test_an_offer_says_how_long_it_stands_and_what_stays(writer: LetterWriter, name: str) -> None:
    told = said(writer.write(facts(MessageKind.WAITING_OFFER)), name)
    assert "We keep it for you until Monday 2 March 2026 at 12:00 pm." in told
    assert "Your present appointment stays yours until you accept: Friday 20 March 2026 at 2:30 pm" in told


@pytest.mark.parametrize("other", [None, replace(PRESENT, starts_at=VISIT.starts_at - timedelta(days=1))])
def test_an_offer_is_called_earlier_only_when_it_is(writer: LetterWriter, other: OtherTime | None) -> None:
    assert writer.write(facts(MessageKind.WAITING_OFFER, visit=replace(OFFER, other=other))).subject == (
        "A time is free for you"
    )


def test_a_reminder_asks_first_whether_the_reader_comes(writer: LetterWriter) -> None:
    for kind in (MessageKind.REMINDER_3D, MessageKind.REMINDER_1D):
        page = texts(writer.write(facts(kind)))["text/html"]
        assert page.count(LINKS["confirm"].replace("&", "&amp;")) == 1
        assert re.search(r'class="button"[^>]*href="[^"]*/l/confirm', page)
        confirmed = {name: link for name, link in LINKS.items() if name != "confirm"}
        page = texts(writer.write(facts(kind, links=confirmed)))["text/html"]
        assert re.search(r'class="button"[^>]*href="[^"]*/l/open_visit', page)
