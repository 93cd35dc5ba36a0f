"""Settings, read once from the environment. Every mistake is named at start; nothing is guessed later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from booking.adapters.backup_files import BackupKey
from booking.adapters.sealing import FieldKeys
from booking.core.audit_chain import ChainKey, chain_key
from booking.core.retention import Retention

EXAMPLE_SECRET = "change-me"  # noqa: S105 - the value that production refuses.
EXAMPLE_FIELD_KEY = bytes(32)
MIN_AUDIT_KEY = 32
STAGES = ("production", "demo", "test")
SECRET_NAMES = ("SECRET_KEY", "FIELD_KEYS", "SMTP_URL", "DATABASE_URL", "AUDIT_KEY", "BACKUP_PRIVATE_KEY")


class SettingsRefused(Exception):
    """The environment does not describe a program that may start; `mistakes` has a line per mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Settings:
    """Typed settings. Paths are absolute; `smtp_url` of "console:" prints mail instead of sending it."""

    stage: str
    database_url: str
    secret_key: str
    field_keys: FieldKeys
    base_url: str
    smtp_url: str
    mail_from: str
    mail_reply_to: str
    data_folder: Path
    trusted_proxies: int
    log_level: str
    tick: timedelta
    lease: timedelta
    resend_wait: timedelta
    limits_factor: int
    staff_second_factor: bool
    fresh_login: timedelta
    retention: Retention
    audit_key: ChainKey
    anchor_file: Path
    backup_public_key: BackupKey | None
    backup_private_key: BackupKey | None
    backup_folder: Path | None
    backup_keep: int
    backup_overdue: timedelta

    @property
    def is_demo(self) -> bool:
        """The demo clinic: shows the caught mail and the demo logins."""
        return self.stage == "demo"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the program over TLS."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The host of our own links, with port."""
        return urlsplit(self.base_url).netloc

    @property
    def mail_folder(self) -> Path:
        """Where the demo's mail catcher keeps what it received."""
        return self.data_folder / "mail"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from environment variables; raises SettingsRefused naming every variable that is wrong."""
        reader = _Reader(environ)
        settings = cls(
            stage=reader.choice("STAGE", STAGES, "production"),
            database_url=reader.database_url("DATABASE_URL"),
            secret_key=reader.text("SECRET_KEY"),
            field_keys=reader.field_keys("FIELD_KEYS"),
            base_url=reader.url("BASE_URL"),
            smtp_url=reader.smtp_url("SMTP_URL"),
            mail_from=reader.address("MAIL_FROM"),
            mail_reply_to=reader.address("MAIL_REPLY_TO", reader.environ.get("MAIL_FROM", "")),
            data_folder=Path(reader.text("DATA_FOLDER", "var")).absolute(),
            trusted_proxies=reader.number("TRUSTED_PROXIES", 0, lowest=0),
            log_level=reader.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
            tick=reader.seconds("WORKER_TICK_SECONDS", 10),
            lease=reader.seconds("MESSAGE_LEASE_SECONDS", 900),
            resend_wait=reader.seconds("MESSAGE_RESEND_WAIT_SECONDS", 600),
            limits_factor=reader.number("RATE_LIMIT_FACTOR", 1, lowest=1),
            staff_second_factor=reader.is_on("STAFF_SECOND_FACTOR"),
            fresh_login=reader.seconds("FRESH_LOGIN_SECONDS", 600),
            retention=Retention(reader.number("RECORD_YEARS", 10, lowest=1)),
            audit_key=chain_key(reader.text("AUDIT_KEY", "") or reader.text("SECRET_KEY", "")),
            anchor_file=reader.file("AUDIT_ANCHOR_FILE", "audit-anchors.jsonl"),
            backup_public_key=reader.backup_key("BACKUP_PUBLIC_KEY"),
            backup_private_key=reader.backup_key("BACKUP_PRIVATE_KEY"),
            backup_folder=reader.folder("BACKUP_FOLDER"),
            backup_keep=reader.number("BACKUP_KEEP", 14, lowest=1),
            backup_overdue=timedelta(hours=reader.number("BACKUP_OVERDUE_HOURS", 26, lowest=1)),
        )
        if settings.backup_folder and not settings.backup_public_key:
            reader.mistakes.append("BACKUP_FOLDER: backups need BACKUP_PUBLIC_KEY, too")
        if settings.stage == "production":
            reader.mistakes += _production_mistakes(settings)
            reader.mistakes += _weak_audit_key(reader.text("AUDIT_KEY", ""))
        if reader.mistakes:
            raise SettingsRefused(reader.mistakes)
        return settings


def _production_mistakes(settings: Settings) -> list[str]:
    found = []
    if EXAMPLE_SECRET in settings.secret_key or len(settings.secret_key) < 32:
        found.append("SECRET_KEY: production needs an own secret of at least 32 characters")
    if settings.smtp_url == "console:":
        found.append("SMTP_URL: production needs a mail server, not the console")
    if EXAMPLE_FIELD_KEY in settings.field_keys.keys.values():
        found.append("FIELD_KEYS: production refuses the example key; health data needs an own one")
    if not settings.is_https:
        found.append("BASE_URL: production needs https://")
    if settings.limits_factor != 1:
        found.append("RATE_LIMIT_FACTOR: production keeps the limits as they are")
    return found


def _weak_audit_key(given: str) -> list[str]:
    if given and len(given) < MIN_AUDIT_KEY:
        return [f"AUDIT_KEY: production needs at least {MIN_AUDIT_KEY} characters"]
    return []


def database_url_or_none(value: str) -> str | None:
    """The address of a database with the driver that we use; None when it is of another kind."""
    if value.startswith(("postgresql://", "postgres://")):
        value = "postgresql+psycopg://" + value.split("://", 1)[1]
    return value if value.startswith(("sqlite:///", "postgresql+psycopg://")) else None


class _Reader:
    """Reads variables one by one and collects what is wrong, so that all mistakes are told at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.mistakes: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self.environ.get(name)
        file_name = self.environ.get(f"{name}_FILE") if name in SECRET_NAMES else None
        if file_name and value:
            self.mistakes.append(f"{name}: set either {name} or {name}_FILE, not both")
        if file_name:
            return self._file(name, file_name)
        if value:
            return value
        if default is None:
            self.mistakes.append(f"{name}: missing")
            return ""
        return default

    def _file(self, name: str, file_name: str) -> str:
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(f"{name}_FILE: cannot be read ({type(error).__name__})")
            return ""

    def file(self, name: str, default: str) -> Path:
        """A file; without a path of its own it is in the data folder."""
        return Path(self.text("DATA_FOLDER", "var")).absolute() / self.text(name, default)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            self.mistakes.append(f"{name}: must be one of {', '.join(choices)}")
        return value

    def number(self, name: str, default: int, *, lowest: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < lowest:
            self.mistakes.append(f"{name}: must be a whole number of at least {lowest}")
            return default
        return int(value)

    def is_on(self, name: str) -> bool:
        """A switch that is on in production and off elsewhere, unless it is set."""
        default = "on" if self.environ.get("STAGE", "production") == "production" else "off"
        return self.choice(name, ("on", "off"), default) == "on"

    def seconds(self, name: str, default: int) -> timedelta:
        return timedelta(seconds=self.number(name, default, lowest=1))

    def url(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
            self.mistakes.append(f"{name}: must look like https://appointments.example.org")
        return value

    def database_url(self, name: str) -> str:
        value = self.text(name)
        url = database_url_or_none(value)
        if value and url is None:
            self.mistakes.append(f"{name}: must start with sqlite:/// or postgresql://")
        return url or value

    def smtp_url(self, name: str) -> str:
        value = self.text(name)
        if value and value != "console:" and urlsplit(value).scheme not in {"smtp", "smtps", "smtp+starttls"}:
            self.mistakes.append(f"{name}: must start with smtp://, smtp+starttls:// or smtps://, or be console:")
        return value

    def address(self, name: str, default: str | None = None) -> str:
        value = self.text(name, default)
        if value and (value.count("@") != 1 or any(c.isspace() for c in value)):
            self.mistakes.append(f"{name}: must be an e-mail address")
        return value

    def field_keys(self, name: str) -> FieldKeys:
        value = self.text(name)
        try:
            return FieldKeys.parse(value)
        except ValueError as error:
            if value:
                self.mistakes.append(f"{name}: {error}")
            return FieldKeys(writing_id="", keys={})

    def folder(self, name: str) -> Path | None:
        value = self.text(name, "")
        return Path(value).absolute() if value else None

    def backup_key(self, name: str) -> BackupKey | None:
        value = self.text(name, "")
        try:
            return BackupKey.parse(value) if value else None
        except ValueError as error:
            self.mistakes.append(f"{name}: {error}")
            return None
