"""A database that cannot be reached: one line, no traceback, no password."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.programs import program_with
from tests.settings import settings_for


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_unreachable_database_is_told_in_one_line(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"sqlite:///{tmp_path}/missing/x.db"
    secret = ""
    if kind == "postgres":
        address = f"postgresql+psycopg://clinic:***@127.0.0.1:{closed_port()}/clinic"
        secret = "?password=whisper"
    url = address.replace("***", "whisper") + secret
    with program_with(settings_for(url, tmp_path)) as program:
        result = program.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 1
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == [f"Error: the database {address} cannot be opened (OperationalError)"]
    assert "whisper" not in result.output + caplog.text
