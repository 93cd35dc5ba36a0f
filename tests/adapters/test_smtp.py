"""The conversation with a mail server: every answer and every failure becomes the right typed result."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from booking.adapters.mailer import (
    Accepted,
    BeginResult,
    ConsoleMailer,
    DataResult,
    MailConnection,
    Permanent,
    Ready,
    SetupWrong,
    Temporary,
    Unknown,
    open_connection,
)
from booking.adapters.smtp import SmtpMailer, SmtpServer, mailer_from_url, parse_smtp_url
from tests.smtp_server import Fault, FaultySmtpServer, lottery

SENDER, ANA = "clinic@clinic.example", "ana@mail.example"


def letter(number: int = 1) -> bytes:
    return f"Message-ID: <m{number}@clinic.example>\r\nSubject: Hello\r\n\r\nText\r\n".encode()


def mailer_to(server: FaultySmtpServer, *, command_seconds: float = 5.0, text_seconds: float = 5.0) -> SmtpMailer:
    return SmtpMailer(parse_smtp_url(server.url), command_seconds=command_seconds, text_seconds=text_seconds)


def deliver(connection: MailConnection, raw: bytes) -> BeginResult | DataResult:
    """Both steps as the worker takes them; the first result that is no `Ready`."""
    begun = connection.begin(SENDER, ANA)
    return connection.send_data(raw) if isinstance(begun, Ready) else begun


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port on which nobody listens while the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_one_connection_carries_many_messages() -> None:
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        results = [deliver(connection, letter(number)) for number in range(5)]
    assert results == [Accepted()] * 5
    assert server.message_ids == [f"<m{number}@clinic.example>" for number in range(5)]
    assert server.connection_count == 1


def test_the_text_arrives_unchanged_and_to_the_right_address() -> None:
    raw = letter() + b".hidden\r\n..twice\r\n.\r\nafter a lone dot\r\n"
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        assert deliver(connection, raw) == Accepted()
    assert [(m.sender, m.recipient, m.raw) for m in server.received] == [(SENDER, ANA, raw)]


def test_no_text_can_smuggle_in_a_second_message() -> None:
    raw = letter() + b"x\n.\nMAIL FROM:<eve@evil.example>\r.\rmore"
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        assert deliver(connection, raw) == Accepted()
    assert len(server.received) == 1
    assert server.received[0].raw.endswith(b"x\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n.\r\nmore\r\n")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.GREETING_421, Temporary("421 4.3.2")),
        (Fault.GREETING_554, SetupWrong("554 5.7.1")),
        (Fault.MAIL_452, Temporary("452 4.3.1")),
        (Fault.MAIL_550, SetupWrong("550 5.7.1")),
        (Fault.DROP_AT_MAIL, Temporary("drop")),
        (Fault.RCPT_451, Temporary("451 4.7.1")),
        (Fault.RCPT_550, Permanent("550 5.1.1")),
        (Fault.DATA_451, Temporary("451 4.3.0")),
        (Fault.DATA_554, Permanent("554 5.7.0")),
        (Fault.DROP_AT_DATA, Temporary("drop")),
        (Fault.DROP_IN_TEXT, Unknown("drop")),
        (Fault.DROP_AFTER_DOT, Unknown("drop")),
        (Fault.TEXT_452, Temporary("452 4.3.1")),
        (Fault.TEXT_554, Permanent("554 5.6.0")),
        (Fault.TEXT_399, Unknown("399")),
    ],
)
def test_each_fault_has_its_result_and_the_next_message_goes_through(
    fault: Fault, expected: BeginResult | DataResult
) -> None:
    with FaultySmtpServer([fault]) as server, open_connection(mailer_to(server)) as connection:
        assert deliver(connection, letter(1)) == expected
        assert deliver(connection, letter(2)) == Accepted()
    assert server.message_ids[-1:] == ["<m2@clinic.example>"]


def test_an_answer_that_comes_too_late_is_an_unknown_outcome() -> None:
    with (
        FaultySmtpServer([Fault.SLOW_250], slow_seconds=1.0) as server,
        open_connection(mailer_to(server, text_seconds=0.2)) as connection,
    ):
        assert deliver(connection, letter()) == Unknown("timeout")
    assert server.message_ids == ["<m1@clinic.example>"]


def test_the_text_may_take_longer_than_a_command() -> None:
    with (
        FaultySmtpServer([Fault.SLOW_250], slow_seconds=0.6) as server,
        open_connection(mailer_to(server, command_seconds=0.3)) as connection,
    ):
        assert deliver(connection, letter()) == Accepted()


def test_a_session_cut_while_idle_is_replaced_without_a_word() -> None:
    with (
        FaultySmtpServer([Fault.NONE, Fault.GREETING_421]) as server,
        open_connection(mailer_to(server)) as connection,
    ):
        assert [deliver(connection, letter(1)), deliver(connection, letter(2))] == [Accepted(), Accepted()]
    assert server.connection_count == 2


def test_a_dead_server_is_a_passing_trouble(dead_port: int) -> None:
    with open_connection(SmtpMailer(SmtpServer("smtp", "127.0.0.1", dead_port))) as connection:
        assert connection.begin(SENDER, ANA) == Temporary("connect")


def test_a_silent_server_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = SmtpMailer(SmtpServer("smtp", "127.0.0.1", silent.getsockname()[1]), command_seconds=0.2)
        assert mailer.connection().begin(SENDER, ANA) == Temporary("timeout")


@pytest.mark.parametrize(
    "server_settings",
    [pytest.param({"scheme": "smtp+starttls"}, id="no-tls"), pytest.param({"user": "u"}, id="no-login")],
)
def test_a_server_without_the_demanded_protection_is_a_wrong_setup(server_settings: dict[str, str]) -> None:
    with FaultySmtpServer() as server:
        settings = {"scheme": "smtp", "user": "", "password": "p"} | server_settings
        mailer = SmtpMailer(SmtpServer(host="127.0.0.1", port=server.port, **settings), command_seconds=5)
        assert mailer.connection().begin(SENDER, ANA) == SetupWrong("not_supported")
    assert not [command for command in server.commands if command.startswith(("MAIL", "AUTH"))]


def test_an_aborted_message_is_forgotten_and_the_connection_kept() -> None:
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        assert connection.begin(SENDER, ANA) == Ready()
        connection.abort()
        assert deliver(connection, letter(2)) == Accepted()
    assert (server.message_ids, server.connection_count) == (["<m2@clinic.example>"], 1)


def test_beginning_again_forgets_the_message_begun() -> None:
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        connection.begin(SENDER, "ben@mail.example")
        assert deliver(connection, letter()) == Accepted()
    assert [message.recipient for message in server.received] == [ANA]


def test_aborting_over_a_dead_line_only_costs_the_connection() -> None:
    server = FaultySmtpServer().start()
    connection = mailer_to(server, command_seconds=1.0).connection()
    assert connection.begin(SENDER, ANA) == Ready()
    server.stop()
    connection.abort()
    assert connection.begin(SENDER, ANA) == Temporary("connect")
    connection.abort()


def test_text_without_a_message_begun_is_a_bug() -> None:
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        with pytest.raises(RuntimeError, match="begun"):
            connection.send_data(letter())
        assert deliver(connection, letter()) == Accepted()
        with pytest.raises(RuntimeError, match="begun"):
            connection.send_data(letter())


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@mail.example>\r\nRCPT TO:<eve@evil.example", "a b@mail.example", "änä@mail.example"]
)
def test_an_address_that_cannot_be_named_never_reaches_the_server(address: str) -> None:
    with FaultySmtpServer() as server, open_connection(mailer_to(server)) as connection:
        assert connection.begin(SENDER, address) == Permanent("recipient_address")
        assert connection.begin(address, ANA) == SetupWrong("sender_address")
    assert server.commands == []


def test_nothing_that_is_logged_or_returned_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    faults = [Fault.RCPT_550, Fault.DROP_AT_MAIL, Fault.DROP_IN_TEXT, Fault.TEXT_554]
    with FaultySmtpServer(faults) as server, open_connection(mailer_to(server)) as connection:
        results = [deliver(connection, letter()) for _ in faults]
    assert "mail.example" not in repr(results) + caplog.text


def test_with_a_lottery_of_faults_every_message_arrives_in_the_end() -> None:
    with (
        FaultySmtpServer(lottery(seed=7, share=0.4), slow_seconds=0.3) as server,
        open_connection(mailer_to(server, text_seconds=0.1)) as connection,
    ):
        tries = {n: [deliver(connection, letter(n)) for _ in range(8)] for n in range(20)}
        assert all(Accepted() in results for results in tries.values())
    assert set(server.message_ids) == {f"<m{number}@clinic.example>" for number in range(20)}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay", SmtpServer("smtp", "relay", 25)),
        ("smtp://relay:2525", SmtpServer("smtp", "relay", 2525)),
        ("smtps://relay", SmtpServer("smtps", "relay", 465)),
        ("smtp+starttls://u%40x:p%3Aw%2F@relay", SmtpServer("smtp+starttls", "relay", 587, "u@x", "p:w/")),
        ("smtp://[::1]:25/", SmtpServer("smtp", "::1", 25)),
    ],
)
def test_the_url_names_the_server(url: str, expected: SmtpServer) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay:25",
        "http://u:hush@relay",
        "smtp://u:hush@",
        "smtp://u:hush@relay:x",
        "smtp://u:hush@relay:0",
        "smtp://u:hush@relay:70000",
        "smtp://u:hush@relay/path",
        "smtp://u:hu#sh@relay",
        "smtp://u:hush%C3%A9@relay",
    ],
)
def test_a_malformed_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL") as refused:
        parse_smtp_url(url)
    assert "hush" not in str(refused.value)


def test_a_password_is_not_shown() -> None:
    assert "hush" not in repr(parse_smtp_url("smtps://u:hush@relay"))


def test_the_url_chooses_the_mailer() -> None:
    assert isinstance(mailer_from_url("console:"), ConsoleMailer)
    assert isinstance(mailer_from_url("smtp://relay", helo_name="clinic.example"), SmtpMailer)
