"""The sealed file of a backup: it gives back what was put in, or refuses; it never gives back something else."""

from __future__ import annotations

import io
import os
import struct

import pytest

from booking.adapters import backup_files
from booking.adapters.backup_files import (
    MAGIC,
    BackupKey,
    BackupKeyMalformed,
    BackupRefused,
    key_id_in,
    new_pair,
    read_sealed,
    write_sealed,
)

PRIVATE, PUBLIC = new_pair("b1")
READERS = {"b1": PRIVATE}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_files, "PART_BYTES", 1000)


def sealed(*blocks: bytes) -> bytes:
    file = io.BytesIO()
    write_sealed(file, PUBLIC, blocks)
    return file.getvalue()


def opened(content: bytes) -> bytes:
    return b"".join(read_sealed(io.BytesIO(content), READERS))


def parts(content: bytes) -> tuple[bytes, list[bytes]]:
    """Header, and each part with its length."""
    start = content.index(b"\n", len(MAGIC)) + 1
    found, place = [], start
    while place < len(content):
        size = 4 + struct.unpack(">I", content[place : place + 4])[0]
        found.append(content[place : place + size])
        place += size
    return content[:start], found


@pytest.mark.parametrize("blocks", [(), (b"",), (b"one",), (b"one", b"two"), (os.urandom(5000), os.urandom(700))])
def test_what_was_sealed_comes_back(blocks: tuple[bytes, ...]) -> None:
    assert opened(sealed(*blocks)) == b"".join(blocks)


def test_the_same_content_is_never_the_same_file_and_does_not_show() -> None:
    text = b"an answer that nobody may read " * 100
    first, second = sealed(text), sealed(text)
    assert first != second
    assert b"answer" not in first
    assert key_id_in(io.BytesIO(first)) == "b1"


def test_every_changed_byte_is_refused() -> None:
    content = sealed(os.urandom(2500))
    for place in range(0, len(content), 7):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(BackupRefused):
            opened(changed)


def test_every_cut_is_refused() -> None:
    content = sealed(os.urandom(2500))
    head, found = parts(content)
    assert len(found) == 3
    for end in range(len(content)):
        with pytest.raises(BackupRefused):
            opened(content[:end])
    with pytest.raises(BackupRefused, match="changed or cut off"):
        opened(head + found[0] + found[1])


def test_parts_have_their_place_and_their_file() -> None:
    head, found = parts(sealed(os.urandom(2500)))
    _, others = parts(sealed(os.urandom(2500)))
    for mixed in (
        [found[1], found[0], found[2]],
        [found[0], found[2]],
        [*found, found[2]],
        [found[0], others[1], found[2]],
    ):
        with pytest.raises(BackupRefused):
            opened(head + b"".join(mixed))


def test_another_private_key_opens_nothing() -> None:
    content = sealed(b"text")
    other, _ = new_pair("b1")
    with pytest.raises(BackupRefused, match="its key is another one"):
        b"".join(read_sealed(io.BytesIO(content), {"b1": other}))
    with pytest.raises(BackupRefused, match="sealed for the key b1"):
        b"".join(read_sealed(io.BytesIO(content), {"b2": other}))


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", MAGIC, MAGIC + b"{}\n", MAGIC + b"no json\n", MAGIC + b"[1]\n"]
)
def test_what_is_no_backup_is_told_so(content: bytes) -> None:
    with pytest.raises(BackupRefused, match="no backup of Respite"):
        opened(content)


@pytest.mark.parametrize("ephemeral", ["", "AAAA", "!", "A" * 43 + "="])
def test_a_damaged_head_is_refused(ephemeral: str) -> None:
    head = MAGIC + b'{"key": "b1", "ephemeral": "%b"}\n' % ephemeral.encode()
    with pytest.raises(BackupRefused, match="head of the backup"):
        opened(head)


def test_a_sealed_stream_that_is_none_is_refused() -> None:
    head, _ = parts(sealed(b"text"))
    with pytest.raises(BackupRefused):
        opened(head + struct.pack(">I", 17) + bytes(17))


def test_a_part_that_unseals_and_does_not_unpack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_files, "_packed", iter)
    with pytest.raises(BackupRefused, match="no readable stream"):
        opened(sealed(b"not packed at all"))


def test_a_key_is_written_and_read_and_never_shown() -> None:
    assert BackupKey.parse(str(PRIVATE)) == PRIVATE
    assert str(PRIVATE).partition(":")[2] not in repr(PRIVATE)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "begin with an id"), ("b.1:AAAA", "begin with an id"), ("b1:?", "no base64"), ("b1:AAAA", "3 bytes")],
)
def test_a_malformed_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(BackupKeyMalformed, match=why):
        BackupKey.parse(text)
