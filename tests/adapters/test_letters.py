"""Every kind of letter: readable, neutral, well-formed, and about nobody but its recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from gettext import NullTranslations

import pytest
from icalendar import Calendar

from booking.adapters.letters import (
    CALENDAR_METHODS,
    REQUIRED_LINKS,
    LetterWriter,
    greeting_name,
)
from booking.core.messages import MessageKind
from booking.core.scheduling.clinic import VisitMode
from tests.adapters.letters_cast import (
    BASE_URL,
    CLINIC,
    EVERY_KIND,
    LINKS,
    OFFER,
    VISIT,
    VISIT_KINDS,
    VISITS,
    Page,
    facts,
    parsed,
    texts,
)


@pytest.fixture(scope="module")
def writer() -> LetterWriter:
    return LetterWriter()


@EVERY_KIND
def test_every_kind_has_text_and_page_and_the_calendar_last(writer: LetterWriter, kind: MessageKind) -> None:
    calendar = ["text/calendar"] if kind in CALENDAR_METHODS else []
    letter = writer.write(facts(kind))
    assert list(texts(letter)) == ["text/plain", "text/html", *calendar]
    assert parsed(letter).get_content_type() == "multipart/alternative"
    assert len(letter.raw) < 100_000


@EVERY_KIND
def test_headers_say_who_writes_and_that_a_machine_does(writer: LetterWriter, kind: MessageKind) -> None:
    letter = writer.write(facts(kind))
    message = parsed(letter)
    assert {
        name: str(message[name]) for name in ("From", "To", "Reply-To", "Message-ID", "Auto-Submitted", "Date")
    } == {
        "From": "Harbour Appointments <appointments@visits.example>",
        "To": "ana@mail.example",
        "Reply-To": "desk@visits.example",
        "Message-ID": "<0f3a9c@visits.example>",
        "Auto-Submitted": "auto-generated",
        "Date": "Mon, 02 Mar 2026 15:00:00 +0000",
    }
    assert (letter.to, letter.sender, message["Subject"]) == ("ana@mail.example", CLINIC.sender_address, letter.subject)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (MessageKind.VERIFY_ADDRESS, "Please confirm your e-mail"),
        (MessageKind.RESET_PASSWORD, "Choose a new password"),
        (MessageKind.ACCOUNT_EXISTS, "You already have an account"),
        (MessageKind.NEW_LOG_IN, "A new log-in to your account"),
        (MessageKind.PASSWORD_CHANGED, "Your password was changed"),
        (MessageKind.LOG_IN_CHANGED, "How you log in was changed"),
        (MessageKind.BOOKED, "Your appointment on Mon 9 Mar, 9:00 am"),
        (MessageKind.REMINDER_3D, "Reminder: your appointment on Mon 9 Mar, 9:00 am"),
        (MessageKind.REMINDER_1D, "Tomorrow, 9:00 am"),
        (MessageKind.CANCELLED, "Your appointment on Mon 9 Mar is canceled"),
        (MessageKind.CHANGED, "New time: Mon 9 Mar, 9:00 am"),
        (MessageKind.RESTORED, "Your appointment on Mon 9 Mar, 9:00 am stands again"),
        (MessageKind.WAITING_OFFER, "An earlier time is free"),
        (MessageKind.WAITING_JOINED, "You are on the waiting list"),
        (MessageKind.CARER_INVITATION, "You are asked for your help"),
        (MessageKind.STAFF_INVITATION, "Choose a password for your account"),
        (MessageKind.CARER_ADDED, "Somebody helps you from now on"),
        (MessageKind.URGENT_TASK, "An urgent task is waiting"),
        (MessageKind.CONFIRM_NEW_ADDRESS, "Confirm your new e-mail address"),
        (MessageKind.ADDRESS_CHANGING, "Your e-mail address is to be changed"),
    ],
)
def test_subjects_are_neutral(writer: LetterWriter, kind: MessageKind, subject: str) -> None:
    assert writer.write(facts(kind)).subject == subject


@EVERY_KIND
def test_both_texts_greet_close_and_carry_the_links_that_matter(writer: LetterWriter, kind: MessageKind) -> None:
    parts = texts(writer.write(facts(kind)))
    page = Page(parts["text/html"])
    hrefs = {value for name, value in page.attributes if name == "href"}
    for link in REQUIRED_LINKS[kind]:
        assert LINKS[link] in parts["text/plain"].split()
        assert LINKS[link] in hrefs
    for sentence in ("Hello Ana,", "Questions? Call +1 416 555 0100. Please do not reply with medical details."):
        assert sentence in parts["text/plain"].splitlines()
        assert sentence in page.words


@VISIT_KINDS
def test_the_visit_is_told_in_clinic_time_with_the_zone_named(writer: LetterWriter, kind: MessageKind) -> None:
    parts = texts(writer.write(facts(kind)))
    for part in ("text/plain", "text/html"):
        assert "Monday 9 March 2026 at 9:00 am (New York time)" in parts[part]
        assert "12 Main Street, Springfield" in parts[part]


@VISIT_KINDS
@pytest.mark.parametrize(("mode", "words"), [(VisitMode.VIDEO, "How: by video"), (VisitMode.PHONE, "How: by phone")])
def test_a_visit_at_home_sends_nobody_to_the_clinic(
    writer: LetterWriter, kind: MessageKind, mode: VisitMode, words: str
) -> None:
    visit = replace(VISITS.get(kind, VISIT), mode=mode, place="")
    parts = texts(writer.write(facts(kind, visit=visit)))
    for name in ("text/plain", "text/html"):
        assert words in parts[name]
        assert "Where:" not in parts[name]
        assert "seeing you" not in parts[name]
    assert "LOCATION" not in parts.get("text/calendar", "")


@EVERY_KIND
def test_nothing_points_anywhere_but_to_our_own_host(writer: LetterWriter, kind: MessageKind) -> None:
    parts = texts(writer.write(facts(kind)))
    page = Page(parts["text/html"])
    hosts = set(re.findall(r"(?:https?:|[\"'(])//([^/\s\"'<>]+)", "\n".join(parts.values())))
    assert hosts == {"visits.example"}
    assert not {"img", "script", "link", "iframe", "form", "object"} & set(page.tags)
    assert not [value for name, value in page.attributes if name in {"src", "background", "action"}]
    assert "url(" not in parts["text/html"]
    assert "@import" not in parts["text/html"]


@EVERY_KIND
def test_styles_are_inlined_and_the_page_says_its_language(writer: LetterWriter, kind: MessageKind) -> None:
    page = Page(texts(writer.write(facts(kind)))["text/html"])
    assert ("lang", "en") in page.attributes
    assert ("dir", "ltr") in page.attributes
    assert len([name for name, _ in page.attributes if name == "style"]) > 5


@EVERY_KIND
def test_no_specialty_is_ever_named(writer: LetterWriter, kind: MessageKind) -> None:
    letter = writer.write(facts(kind))
    said = " ".join([letter.subject, *texts(letter).values()]).lower()
    for word in ("pain", "respite", "infusion", "consultation", "ketamine", "specialist", "dr ", "treatment"):
        assert word not in said


@VISIT_KINDS
def test_the_patients_name_stays_out_of_subject_headers_and_calendar(writer: LetterWriter, kind: MessageKind) -> None:
    letter = writer.write(facts(kind, first_name="Canaryname"))
    head = letter.raw.split(b"\r\n\r\n")[0]
    parts = texts(letter)
    assert "Canaryname" in parts["text/plain"]
    assert "Canaryname" not in head.decode() + letter.subject + parts.get("text/calendar", "")


@pytest.mark.parametrize("kind", list(CALENDAR_METHODS))
def test_the_calendar_part_agrees_with_its_header(writer: LetterWriter, kind: MessageKind) -> None:
    letter = writer.write(facts(kind))
    part = list(parsed(letter).iter_parts())[-1]
    calendar = Calendar.from_ical(texts(letter)["text/calendar"])
    event = calendar.events[0]
    assert part.get_param("method") == calendar["METHOD"] == CALENDAR_METHODS[kind]
    assert (event["UID"], event["SUMMARY"], event["CLASS"]) == (VISIT.uid, "Appointment", "PRIVATE")
    assert event.start == VISIT.starts_at
    assert event["ORGANIZER"] == "mailto:appointments@visits.example"


def test_the_calendar_part_keeps_its_line_ends(writer: LetterWriter) -> None:
    calendar = texts(writer.write(facts(MessageKind.BOOKED)))["text/calendar"]
    assert calendar.count("\n") == calendar.count("\r\n") > 10


@pytest.mark.parametrize("optional", ["confirm", "change", "cancel", "questions", "verify", "not_me"])
def test_a_link_that_is_not_given_is_not_promised(writer: LetterWriter, optional: str) -> None:
    links = {name: link for name, link in LINKS.items() if name != optional}
    without = texts(writer.write(facts(links=links)))
    assert LINKS[optional] in texts(writer.write(facts()))["text/plain"]
    assert LINKS[optional] not in without["text/plain"]
    assert f"/l/{optional}" not in without["text/html"]


def test_text_is_escaped_on_the_page_and_plain_in_the_text(writer: LetterWriter) -> None:
    place = "<b>5 & 6</b> Main Street"
    parts = texts(writer.write(facts(visit=replace(VISIT, place=place))))
    assert f"Where: {place}" in parts["text/plain"]
    assert "<b>" not in parts["text/html"]
    assert f"Where: {place}" in Page(parts["text/html"]).words


@pytest.mark.parametrize(
    ("typed", "greeted"),
    [
        ("Ana", "Ana"),
        ("  Ana   Maria ", "Ana Maria"),
        ("Jean-Luc", "Jean-Luc"),
        ("D’Arcy", "D’Arcy"),
        ("अनीता", "अनीता"),
        ("", ""),
        ("win.example", ""),
        ("Call 555 0199", ""),
        ("<b>Ana</b>", ""),
        ("x" * 41, ""),
        ("https://evil.example", ""),
    ],
)
def test_only_a_name_is_greeted(typed: str, greeted: str) -> None:
    assert greeting_name(typed) == greeted


def test_whoever_gives_no_name_is_greeted_without_one(writer: LetterWriter) -> None:
    parts = texts(writer.write(facts(first_name="evil.example/win")))
    assert "Hello," in parts["text/plain"].splitlines()
    assert "evil.example" not in parts["text/plain"] + parts["text/html"]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"to": "ana@mail.example\r\nBcc: eve@evil.example"}, id="header-in-recipient"),
        pytest.param({"to": "ana@mail.example, eve@evil.example"}, id="two-recipients"),
        pytest.param({"message_id": "<a@b>\r\nBcc: eve@evil.example"}, id="header-in-message-id"),
        pytest.param({"clinic": replace(CLINIC, sender_name="A\r\nBcc: eve@evil.example")}, id="header-in-sender"),
        pytest.param({"clinic": replace(CLINIC, reply_to="desk")}, id="no-reply-address"),
        pytest.param({"links": LINKS | {"open_visit": "javascript:alert(1)"}}, id="script-link"),
        pytest.param({"links": LINKS | {"open_visit": f'{BASE_URL}/"><b>'}}, id="broken-link"),
        pytest.param({"links": {}}, id="no-link"),
        pytest.param({"visit": None}, id="no-visit"),
        pytest.param({"kind": MessageKind.VERIFY_ADDRESS, "visit": VISIT}, id="visit-in-account-letter"),
        pytest.param({"visit": OFFER}, id="offer-in-a-confirmation"),
        pytest.param({"kind": MessageKind.WAITING_OFFER, "visit": VISIT}, id="offer-without-end"),
        pytest.param({"kind": MessageKind.WAITING_JOINED, "visit": None, "waits_until": None}, id="wait-without-end"),
        pytest.param({"visit": replace(VISIT, ends_at=VISIT.starts_at)}, id="visit-without-length"),
    ],
)
def test_facts_that_do_not_fit_are_refused(writer: LetterWriter, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        writer.write(facts(**wrong))  # type: ignore[arg-type]
    assert "example" not in str(refused.value)


def test_every_attempt_builds_the_same_bytes(writer: LetterWriter) -> None:
    assert writer.write(facts()).raw == LetterWriter().write(facts()).raw


class _Pseudo(NullTranslations):
    """Marks whatever went through gettext, with letters outside ASCII."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"


@EVERY_KIND
def test_every_sentence_goes_through_gettext(kind: MessageKind) -> None:
    letter = LetterWriter(lambda _: _Pseudo()).write(facts(kind))
    parts = texts(letter)
    page = re.sub(r"<style>.*?</style>", "", parts["text/html"], flags=re.DOTALL)
    assert list(_untranslated(letter.subject)) == []
    assert list(_untranslated(parts["text/plain"])) == []
    assert list(_untranslated("\n".join(Page(page).words))) == []
    assert parsed(letter)["Subject"] == letter.subject


def _untranslated(text: str) -> Iterator[str]:
    """Lines with words outside the marks, but for the sender's name and the links."""
    for line in re.sub(r"⟦[^⟦⟧]*(?:⟦[^⟦⟧]*⟧[^⟦⟧]*)*⟧|https://\S+|Harbour Appointments", "", text).splitlines():
        yield from re.findall(r"\w.*", line)


def test_other_languages_say_the_date_their_way(writer: LetterWriter) -> None:
    letter = writer.write(facts(language="fr_CA"))
    assert "lundi 9 mars 2026, 09 h 00" in texts(letter)["text/plain"]
    assert parsed(letter)["Content-Language"] == "fr-CA"
    assert 'lang="fr-CA"' in texts(letter)["text/html"]
