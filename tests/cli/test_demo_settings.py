"""The demo makes settings where nobody gave any, keeps its keys to itself, and leaves a real clinic alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from booking.cli.demo_settings import demo_environment, fill_in
from booking.config import Settings, SettingsRefused

FLASK_DEMO = ["/bin/flask", "--app", "wsgi", "demo", "--fresh"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"DEMO_FOLDER": str(tmp_path / "the demo")}


def test_nothing_but_the_command_is_needed(environ: dict[str, str], tmp_path: Path) -> None:
    fill_in(environ, FLASK_DEMO)
    settings = Settings.from_env(environ)
    assert settings.is_demo
    assert settings.database_url == f"sqlite:///{tmp_path / 'the demo' / 'respite.db'}"
    assert (settings.base_url, environ["PORT"]) == ("http://localhost:8000", "8000")


def test_the_port_moves_the_address(environ: dict[str, str]) -> None:
    assert demo_environment(environ | {"PORT": "8123"})["BASE_URL"] == "http://localhost:8123"


def test_keys_are_made_once_and_are_private(environ: dict[str, str]) -> None:
    first, second = demo_environment(environ), demo_environment(environ)
    names = ("SECRET_KEY", "FIELD_KEYS")
    assert [first[name] for name in names] == [second[name] for name in names]
    file = Path(environ["DEMO_FOLDER"]) / "keys.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["keys.env"]


def test_two_demos_have_different_keys(environ: dict[str, str], tmp_path: Path) -> None:
    other = demo_environment({"DEMO_FOLDER": str(tmp_path / "other")})
    assert demo_environment(environ)["SECRET_KEY"] != other["SECRET_KEY"]


@pytest.mark.parametrize(
    "argv",
    [
        ["flask", "--app", "wsgi", "worker"],
        ["flask", "--app", "demo", "clinic", "load", "demo"],
        ["flask", "-A", "wsgi", "--debug", "clinic", "load", "demo"],
        ["gunicorn", "wsgi:app"],
        ["flask"],
    ],
)
def test_other_commands_get_nothing(environ: dict[str, str], argv: list[str]) -> None:
    before = dict(environ)
    fill_in(environ, argv)
    assert environ == before


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY_FILE", "FIELD_KEYS"])
def test_the_settings_of_a_real_clinic_are_left_alone(environ: dict[str, str], name: str) -> None:
    given = environ | {name: "given"}
    fill_in(given, FLASK_DEMO)
    assert given == environ | {name: "given"}


def test_production_is_left_alone(environ: dict[str, str]) -> None:
    given = environ | {"STAGE": "production"}
    fill_in(given, FLASK_DEMO)
    assert given == environ | {"STAGE": "production"}


def test_a_demo_may_have_a_database_of_its_own(environ: dict[str, str]) -> None:
    given = environ | {"STAGE": "demo", "DATABASE_URL": "postgresql://nobody@localhost/demo"}
    fill_in(given, FLASK_DEMO)
    assert Settings.from_env(given).database_url == "postgresql+psycopg://nobody@localhost/demo"


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none(environ: dict[str, str], port: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        fill_in(environ | {"PORT": port}, FLASK_DEMO)
    assert refused.value.mistakes == ["PORT: must be a number from 1 to 65535"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsRefused) as refused:
        demo_environment({"DEMO_FOLDER": str(tmp_path / "file" / "demo")})
    assert refused.value.mistakes == [
        f"the folder of the demo, {tmp_path / 'file' / 'demo'}, cannot be used: Not a directory"
    ]


def test_a_folder_that_cannot_be_written(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the system's answer is put in its place.
    monkeypatch.setattr("booking.cli.demo_settings.os.access", lambda _path, _mode: False)
    with pytest.raises(SettingsRefused, match="Permission denied"):
        demo_environment(environ)
