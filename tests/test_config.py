"""Settings: typed, from the environment alone, every mistake named at once."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from booking.adapters.sealing import new_key_entry
from booking.config import Settings, SettingsRefused

GOOD = {
    "STAGE": "production",
    "DATABASE_URL": "postgresql://respite:pw@db/respite",
    "SECRET_KEY": "s" * 40,
    "FIELD_KEYS": new_key_entry("k1"),
    "BASE_URL": "https://appointments.example.org/",
    "SMTP_URL": "smtps://mail.example.org:465",
    "MAIL_FROM": "appointments@example.org",
}


def mistakes_of(**changes: str) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_env({**GOOD, **changes})
    return refused.value.mistakes


def test_good_settings_are_typed() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.database_url == "postgresql+psycopg://respite:pw@db/respite"
    assert (settings.base_url, settings.host) == ("https://appointments.example.org", "appointments.example.org")
    assert settings.mail_reply_to == "appointments@example.org"
    assert settings.lease == timedelta(minutes=15)
    assert settings.mail_folder == Path("var/mail").absolute()
    assert settings.is_https
    assert not settings.is_demo


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_env({"STAGE": "nowhere", "WORKER_TICK_SECONDS": "soon", "LOG_LEVEL": "LOUD"})
    named = {mistake.split(":")[0] for mistake in refused.value.mistakes}
    assert named == {
        "STAGE", "DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "BASE_URL", "SMTP_URL", "MAIL_FROM", "LOG_LEVEL",
        "WORKER_TICK_SECONDS",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/respite"),
        ("FIELD_KEYS", "k1:short"),
        ("FIELD_KEYS", "plain"),
        ("BASE_URL", "appointments.example.org"),
        ("BASE_URL", "https://appointments.example.org/sub"),
        ("SMTP_URL", "mail.example.org"),
        ("MAIL_FROM", "no address"),
        ("MAIL_REPLY_TO", "two@at@signs"),
        ("TRUSTED_PROXIES", "-1"),
        ("STAFF_SECOND_FACTOR", "maybe"),
        ("MESSAGE_LEASE_SECONDS", "0"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    assert mistakes_of(**{name: value})[0].startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "change-me"),
        ("SECRET_KEY", "short"),
        ("SMTP_URL", "console:"),
        ("FIELD_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("BASE_URL", "http://appointments.example.org"),
        ("RATE_LIMIT_FACTOR", "1000"),
    ],
)
def test_production_refuses_what_only_a_demo_may_use(name: str, value: str) -> None:
    assert [mistake.split(":")[0] for mistake in mistakes_of(**{name: value})] == [name]
    assert Settings.from_env({**GOOD, name: value, "STAGE": "demo"}).is_demo


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("f" * 40 + "\n")
    environ = {name: value for name, value in GOOD.items() if name != "SECRET_KEY"}
    assert Settings.from_env({**environ, "SECRET_KEY_FILE": str(file)}).secret_key == "f" * 40


def test_a_secret_given_twice_or_unreadable_is_named(tmp_path: Path) -> None:
    assert mistakes_of(SECRET_KEY_FILE=str(tmp_path / "missing"))[0].startswith("SECRET_KEY")
    environ = {name: value for name, value in GOOD.items() if name != "SMTP_URL"}
    with pytest.raises(SettingsRefused, match="SMTP_URL_FILE: cannot be read"):
        Settings.from_env({**environ, "SMTP_URL_FILE": str(tmp_path / "missing")})


def test_the_example_file_names_every_setting_and_nothing_else() -> None:
    text = Path(".env.example").read_text(encoding="utf-8")
    named = {line.partition("=")[0] for line in text.splitlines() if line and not line.startswith("#")}
    source = Path("booking/config.py").read_text(encoding="utf-8")
    read = {name for name in named if f'"{name}"' in source}
    assert named == read
    assert len(named) == len(fields(Settings))


def test_production_refuses_the_example_file_as_it_stands() -> None:
    text = Path(".env.example").read_text(encoding="utf-8")
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_env({name: value for name, _, value in lines})
    assert {mistake.split(":")[0] for mistake in refused.value.mistakes} == {"SECRET_KEY", "FIELD_KEYS"}


@pytest.mark.parametrize(
    ("stage", "given", "is_on"),
    [("production", {}, True), ("demo", {}, False), ("test", {}, False), ("demo", {"STAFF_SECOND_FACTOR": "on"}, True)],
)
def test_a_second_step_of_staff_is_asked_for_where_it_is_set(stage: str, given: dict[str, str], is_on: bool) -> None:
    assert Settings.from_env({**GOOD, "STAGE": stage, **given}).staff_second_factor is is_on
