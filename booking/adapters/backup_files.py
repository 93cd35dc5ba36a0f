"""The file of a backup: sealed for a public key, in parts, so that its size needs no memory and its end cannot be cut.

Layout: a line `RESPITE BACKUP 1`; a line of JSON (`key`: id of the reader's key, `ephemeral`: X25519 public key in
base64); then parts, each 4 bytes of length and AES-256-GCM of up to 1 MiB of a zlib stream. The key of the parts comes
by HKDF from X25519 between a fresh key and the reader's. A part's nonce is its number and whether it is the last; its
additional data is the hash of both lines. So no part can be changed, swapped, left out or taken from another file.
Who can write backups cannot read them: docs/adr/0014-backups.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking.adapters.sealing import key_id_or_none

MAGIC = b"RESPITE BACKUP 1\n"
PART_BYTES = 1 << 20
LONGEST_HEADER = 1000
KEY_BYTES = 32
_PURPOSE = b"respite backup, version 1"


class BackupRefused(Exception):
    """A backup cannot be made, read or used; the text says why in one line, and holds no key and no content."""


class BackupKeyMalformed(ValueError):
    """A key for backups cannot be read; the message holds no key."""


@dataclass(frozen=True, slots=True)
class BackupKey:
    """One half of a reader's pair: `id` names the pair, `key` are 32 bytes."""

    id: str
    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> BackupKey:
        """A key from `id:base64`. Raises BackupKeyMalformed."""
        key_id, _, encoded = text.strip().partition(":")
        if key_id_or_none(key_id) is None:
            raise BackupKeyMalformed("must begin with an id of letters, digits, - and _, and a colon")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise BackupKeyMalformed("is no base64 text after the colon") from None
        if len(key) != KEY_BYTES:
            raise BackupKeyMalformed(f"has {len(key)} bytes instead of {KEY_BYTES}")
        return cls(key_id, key)

    def __str__(self) -> str:
        return f"{self.id}:{base64.b64encode(self.key).decode()}"


def new_pair(key_id: str) -> tuple[BackupKey, BackupKey]:
    """A fresh private key and its public key."""
    private = X25519PrivateKey.generate()
    return BackupKey(key_id, private.private_bytes_raw()), BackupKey(key_id, private.public_key().public_bytes_raw())


def write_sealed(file: BinaryIO, reader: BackupKey, blocks: Iterable[bytes]) -> None:
    """Write `blocks`, compressed and sealed for that public key, to the end of the stream."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    header = json.dumps({"key": reader.id, "ephemeral": base64.b64encode(public).decode()}).encode() + b"\n"
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(reader.key))
    parts = _Parts(_derived(secret, public, reader.key), MAGIC + header)
    file.write(MAGIC + header)
    waiting = b""
    for packed in _packed(blocks):
        waiting += packed
        while len(waiting) > PART_BYTES:
            _write_part(file, parts.seal(waiting[:PART_BYTES], is_last=False))
            waiting = waiting[PART_BYTES:]
    _write_part(file, parts.seal(waiting, is_last=True))


def _packed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()


def _write_part(file: BinaryIO, sealed: bytes) -> None:
    file.write(struct.pack(">I", len(sealed)) + sealed)


def key_id_in(file: BinaryIO) -> str:
    """The id of the pair that a backup is sealed for; the file stands behind its header then. Raises BackupRefused."""
    return str(_header(file)[1]["key"])


def read_sealed(file: BinaryIO, readers: Mapping[str, BackupKey]) -> Iterator[bytes]:
    """What was written, in blocks. Raises BackupRefused as soon as something is wrong: use nothing before the end."""
    lines, header = _header(file)
    reader = readers.get(header["key"])
    if reader is None:
        raise BackupRefused(f"the backup is sealed for the key {header['key']}, which BACKUP_PRIVATE_KEY does not hold")
    try:
        private = X25519PrivateKey.from_private_bytes(reader.key)
        public = base64.b64decode(header["ephemeral"], validate=True)
        secret = private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise BackupRefused("the head of the backup is damaged") from None
    parts = _Parts(_derived(secret, public, private.public_key().public_bytes_raw()), lines)
    unpacker = zlib.decompressobj()
    for sealed, is_last in _sealed_parts(file):
        yield _unpacked(unpacker, parts.open(sealed, is_last=is_last))
    if not unpacker.eof:
        raise BackupRefused("the backup is not complete")


def _unpacked(unpacker: zlib._Decompress, packed: bytes) -> bytes:
    try:
        return unpacker.decompress(packed)
    except zlib.error:
        raise BackupRefused("the backup holds no readable stream") from None


def _header(file: BinaryIO) -> tuple[bytes, dict[str, str]]:
    magic = file.read(len(MAGIC))
    line = file.readline(LONGEST_HEADER)
    try:
        header = json.loads(line) if magic == MAGIC and line.endswith(b"\n") else None
    except ValueError:
        header = None
    is_whole = isinstance(header, dict) and all(isinstance(header.get(name), str) for name in ("key", "ephemeral"))
    if not is_whole:
        raise BackupRefused("the file is no backup of Respite")
    return magic + line, dict(header or {})


def _sealed_parts(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each part, and whether nothing stands behind it."""
    length = file.read(4)
    while length:
        size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
        sealed = file.read(size) if 0 < size <= PART_BYTES + 16 else b""
        if len(sealed) != size or not size:
            raise BackupRefused("the backup is cut off or damaged")
        length = file.read(4)
        yield sealed, not length


def _derived(secret: bytes, ephemeral: bytes, reader: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=ephemeral + reader, info=_PURPOSE).derive(secret)


class _Parts:
    """Seals or opens the parts of one file in their order."""

    def __init__(self, key: bytes, head: bytes) -> None:
        self._cipher = AESGCM(key)
        self._head = hashlib.sha256(head).digest()
        self._number = 0

    def _nonce(self, is_last: bool) -> bytes:
        nonce = self._number.to_bytes(11, "big") + bytes([is_last])
        self._number += 1
        return nonce

    def seal(self, part: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last), part, self._head)

    def open(self, sealed: bytes, *, is_last: bool) -> bytes:
        """Raises BackupRefused when the part is another one than was sealed in that place."""
        try:
            return self._cipher.decrypt(self._nonce(is_last), sealed, self._head)
        except InvalidTag:
            raise BackupRefused("the backup was changed or cut off, or its key is another one") from None
