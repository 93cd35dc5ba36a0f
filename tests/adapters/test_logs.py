"""Log lines are JSON with ids and codes; what an exception says, which may quote a person, is not in them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from booking.adapters import logs

log = logging.getLogger("booking.test")


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    structlog.contextvars.clear_contextvars()
    logs.configure("INFO")
    yield
    root.handlers, root.level = handlers, level
    for name, quiet_level in levels.items():
        logging.getLogger(name).setLevel(quiet_level)
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("sent %s", "booked", extra={"message_id": 7})
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert {"event": "sent booked", "message_id": 7, "level": "info", "logger": "booking.test"}.items() <= line.items()


def test_what_is_remembered_is_on_every_line_until_something_else_is(capsys: pytest.CaptureFixture[str]) -> None:
    logs.remember(request_id="a", job="b")
    log.info("one")
    logs.remember(request_id="c")
    log.info("two")
    one, two = lines(capsys)
    assert (one["request_id"], one["job"]) == ("a", "b")
    assert two["request_id"] == "c"
    assert "job" not in two


def fail() -> None:
    try:
        int("Ana Morales")
    except ValueError as error:
        raise RuntimeError("about Ana Morales") from error


def test_an_exception_is_told_by_type_and_place_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except RuntimeError as error:
        log.error("unexpected", exc_info=error)  # noqa: TRY400 - as the error pages do it.
    output = capsys.readouterr().err
    line = json.loads(output)
    assert line["exception"] == ["RuntimeError", "ValueError"]
    assert [place.rpartition(" ")[2] for place in line["at"]][-1] == "fail"
    assert "Morales" not in output


def test_no_exception_is_no_field(capsys: pytest.CaptureFixture[str]) -> None:
    log.error("odd", exc_info=True)  # noqa: LOG014 - just that is tried.
    (line,) = lines(capsys)
    assert "exception" not in line


def test_configuring_twice_does_not_double_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    log.info("once")
    assert len(lines(capsys)) == 1


def test_progress_of_libraries_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    for name in logs.QUIET:
        logging.getLogger(name).info("progress")
        logging.getLogger(name).warning("trouble")
    assert [line["event"] for line in lines(capsys)] == ["trouble"] * len(logs.QUIET)


def test_a_stream_that_is_gone_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    log.info("nobody reads this")
