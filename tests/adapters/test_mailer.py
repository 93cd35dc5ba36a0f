"""The mailers without a network: the console's and the tests' own."""

from __future__ import annotations

import io

import pytest

from booking.adapters.mailer import (
    Accepted,
    ConsoleMailer,
    Mailer,
    Permanent,
    Ready,
    RecordingMailer,
    SentLetter,
    Temporary,
    open_connection,
)
from booking.adapters.mime import Part, alternative_letter, header

SENDER, ANA = "clinic@visits.example", "ana@mail.example"
RAW = alternative_letter(
    [header("To", ANA), header("Subject", "Grüße")], [Part("text/plain", "Hello Äna")], message_id="<a@b>"
)


def test_the_console_shows_recipient_subject_and_text() -> None:
    out = io.StringIO()
    with open_connection(ConsoleMailer(out)) as connection:
        assert connection.begin(SENDER, ANA) == Ready()
        assert connection.send_data(RAW) == Accepted()
    assert out.getvalue().startswith(f"To: {ANA}\nSubject: Grüße\n\nHello Äna\n")


def test_the_console_prints_nothing_for_an_aborted_message() -> None:
    out = io.StringIO()
    with open_connection(ConsoleMailer(out)) as connection:
        connection.begin(SENDER, ANA)
        connection.abort()
    assert out.getvalue() == ""


def test_a_message_without_plain_text_is_shown_without_it() -> None:
    out = io.StringIO()
    with open_connection(ConsoleMailer(out)) as connection:
        connection.begin(SENDER, ANA)
        connection.send_data(b"To: ana@mail.example\r\nContent-Type: text/html\r\n\r\n<p>Hello")
    assert "<p>" not in out.getvalue()


def test_the_recording_mailer_keeps_what_was_accepted() -> None:
    mailer = RecordingMailer()
    with open_connection(mailer) as connection:
        connection.begin(SENDER, "ben@mail.example")
        connection.abort()
        connection.begin(SENDER, ANA)
        connection.send_data(RAW)
    assert mailer.sent == [SentLetter(SENDER, ANA, RAW)]
    assert (mailer.aborted_count, mailer.closed_count) == (1, 1)


def test_the_recording_mailer_follows_its_script() -> None:
    mailer = RecordingMailer(begins=[Permanent("550")], datas=[Temporary("451")])
    with open_connection(mailer) as connection:
        assert connection.begin(SENDER, ANA) == Permanent("550")
        assert connection.begin(SENDER, ANA) == Ready()
        assert connection.send_data(RAW) == Temporary("451")
    assert mailer.sent == []


@pytest.mark.parametrize("mailer", [ConsoleMailer(io.StringIO()), RecordingMailer()], ids=["console", "recording"])
def test_text_without_a_message_begun_is_a_bug(mailer: Mailer) -> None:
    with open_connection(mailer) as connection, pytest.raises(RuntimeError, match="begun"):
        connection.send_data(RAW)


def test_a_connection_is_closed_after_an_error_too() -> None:
    mailer = RecordingMailer()
    with pytest.raises(KeyError), open_connection(mailer):
        raise KeyError
    assert mailer.closed_count == 1
