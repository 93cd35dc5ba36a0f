"""Sealing of health fields: AES-256-GCM, bound to the place where the value is stored.

A sealed value is the text `v1.<key id>.<nonce and ciphertext, base64url>`. Its additional data is
`table|column|row key|clinic`, so a ciphertext that was copied to another row, column or clinic does not open.
The row key must exist before the row is inserted: the random public id, never the counted one.
Keys live outside the database, in `FIELD_KEYS`. Nothing here puts a key or a text into an error or a repr.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CHECK_LABEL = b"field key check value, version 1"


class CannotOpen(Exception):
    """A sealed value does not open: its key is unknown, or it was changed or moved. Never an empty answer.

    `key_id` is the id that the value names, "" when it names none."""

    def __init__(self, reason: str, *, key_id: str = "") -> None:
        super().__init__(reason)
        self.key_id = key_id


class FieldKeysMalformed(ValueError):
    """`FIELD_KEYS` cannot be read; the message says which entry by its place, and holds no key."""


@dataclass(frozen=True)
class FieldKeys:
    """The keys of the installation by id; `writing_id` is the one that seals, all of them open.

    `clinic` is a name for the installation that never changes: values of another one do not open here."""

    writing_id: str
    keys: Mapping[str, bytes] = field(repr=False)
    clinic: str = "clinic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))

    @classmethod
    def parse(cls, text: str, *, clinic: str = "clinic") -> FieldKeys:
        """Keys from `id:base64,id:base64,…`, each of 32 bytes. Raises FieldKeysMalformed."""
        keys: dict[str, bytes] = {}
        for place, entry in enumerate(text.split(","), start=1):
            key_id, _, encoded = entry.strip().partition(":")
            if not _KEY_ID.fullmatch(key_id):
                raise FieldKeysMalformed(f"Key {place} has no id of letters, digits, - and _ before a colon.")
            if key_id in keys:
                raise FieldKeysMalformed(f"Key {place} has the id of an earlier one.")
            keys[key_id] = _decode_key(encoded, place)
        return cls(writing_id=next(iter(keys)), keys=keys, clinic=clinic)

    def check_values(self) -> dict[str, str]:
        """A check value for each key id, stored and compared at start: it tells a wrong key from the right one."""
        return {key_id: key_check_value(key) for key_id, key in self.keys.items()}


def new_key_entry(key_id: str) -> str:
    """A fresh random key as an entry for `FIELD_KEYS`."""
    return f"{key_id}:{base64.b64encode(AESGCM.generate_key(bit_length=8 * KEY_BYTES)).decode()}"


def key_id_or_none(text: str) -> str | None:
    """`text` if it can be the id of a key."""
    return text if _KEY_ID.fullmatch(text) else None


def key_check_value(key: bytes) -> str:
    """32 hexadecimal characters that identify a key and do not help to find it (HMAC-SHA256, cut to 128 bits)."""
    return hmac.new(key, _CHECK_LABEL, hashlib.sha256).hexdigest()[:32]


def seal(keys: FieldKeys, table: str, column: str, row_key: str, text: str) -> str:
    """`text` sealed with the writing key for that one place; sealing the same text twice gives different values.

    Raises ValueError for a place name that holds the separator, and UnicodeEncodeError for lone surrogates."""
    nonce = os.urandom(NONCE_BYTES)
    place = _place(table, column, row_key, keys.clinic)
    sealed = AESGCM(keys.keys[keys.writing_id]).encrypt(nonce, text.encode(), place)
    return f"{VERSION}.{keys.writing_id}.{_encode(nonce + sealed)}"


def open_(keys: FieldKeys, table: str, column: str, row_key: str, sealed: str) -> str:
    """The text that was sealed for that place. Raises CannotOpen for anything else."""
    key_id, payload = _split(sealed)
    key = keys.keys.get(key_id)
    if key is None:
        raise CannotOpen("The key of this value is not among FIELD_KEYS.", key_id=key_id)
    place = _place(table, column, row_key, keys.clinic)
    try:
        return AESGCM(key).decrypt(payload[:NONCE_BYTES], payload[NONCE_BYTES:], place).decode()
    except InvalidTag:
        raise CannotOpen("The value was changed or moved, or its key is another one.", key_id=key_id) from None


def key_id_of(sealed: str) -> str:
    """The id of the key that sealed a value, for rotation. Raises CannotOpen for what is no sealed value."""
    return _split(sealed)[0]


def _place(table: str, column: str, row_key: str, clinic: str) -> bytes:
    parts = (table, column, row_key, clinic)
    if not all(parts) or any("|" in part for part in parts):
        raise ValueError("Table, column, row key and clinic must be given and hold no |.")
    return "|".join(parts).encode()


def _split(sealed: str) -> tuple[str, bytes]:
    version, _, rest = sealed.partition(".")
    key_id, _, encoded = rest.partition(".")
    if version != VERSION or not _KEY_ID.fullmatch(key_id):
        raise CannotOpen("This is no sealed value.")
    try:
        payload = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CannotOpen("The value is no base64url text.", key_id=key_id) from None
    # The last character may carry unused bits: without this, some changed texts would still open.
    if _encode(payload) != encoded or len(payload) <= NONCE_BYTES:
        raise CannotOpen("The value is cut or is no canonical base64url text.", key_id=key_id)
    return key_id, payload


def _encode(payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload).decode().rstrip("=")


def _decode_key(encoded: str, place: int) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise FieldKeysMalformed(f"Key {place} is no base64 text.") from None
    if len(key) != KEY_BYTES:
        raise FieldKeysMalformed(f"Key {place} has {len(key)} bytes instead of {KEY_BYTES}.")
    return key
