"""Settings of the program under test."""

from __future__ import annotations

from pathlib import Path

from booking.adapters.sealing import FieldKeys, new_key_entry
from booking.config import Settings
from booking.core.audit_chain import chain_key

BASE_ENV = {
    "STAGE": "test",
    "SECRET_KEY": "a secret for tests only, forty characters",
    "FIELD_KEYS": new_key_entry("t1"),
    "BASE_URL": "http://localhost:8000",
    "SMTP_URL": "console:",
    "MAIL_FROM": "appointments@clinic.example",
    "RATE_LIMIT_FACTOR": "1000",
}
AUDIT_KEY = chain_key(BASE_ENV["SECRET_KEY"])
FIELD_KEYS = FieldKeys.parse(BASE_ENV["FIELD_KEYS"])


def settings_for(database_url: str, folder: Path, **changes: str) -> Settings:
    """Settings for a database and a data folder; `changes` override single variables."""
    return Settings.from_env({**BASE_ENV, "DATABASE_URL": database_url, "DATA_FOLDER": str(folder), **changes})
