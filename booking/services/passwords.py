"""Password hashes: argon2id, never inside a write transaction, only a few at a time.

The parameters are OWASP's (19 MiB, two passes, one lane): about a tenth of a second each. A hash for an account that
does not exist costs the same as one for an account that does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw
from sqlalchemy.orm import Session

from booking.adapters.breached_passwords import is_breached
from booking.core.errors import TooBusy, WeakPassword
from booking.core.passwords import normal_form, password_problem
from booking.queries.catalogue import clinic_names

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
BARE_BYTES = 32
HASHES_AT_ONCE = 2
PATIENCE_SECONDS = 5.0

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
_places = threading.BoundedSemaphore(HASHES_AT_ONCE)

# The hash of a password that nobody knows, with the parameters above: what an unknown account is compared with.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$Sy5d5DLjdnWRMm6/BzpISw$xjykQQnLdxvKPWINDLdbZpc4pQByL7gufdNc9OvAn68"


@contextmanager
def _place() -> Iterator[None]:
    """One of the few places; raises TooBusy when none came free in time, so that logins cannot eat the machine."""
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise TooBusy
    try:
        yield
    finally:
        _places.release()


def _bytes(password: str) -> bytes:
    """What is hashed: the normal form, so that the same keys give the same bytes on every device."""
    return normal_form(password).encode("utf-8", "surrogatepass")


def demand_good_password(session: Session, password: str, *, about: Sequence[str]) -> None:
    """Raise WeakPassword with its `problem` unless the rules of `core.passwords` take it.

    `about` are name and address of the person; those of the clinic are added here."""
    problem = password_problem(password, about=(*about, *clinic_names(session)), is_breached=is_breached)
    if problem:
        raise WeakPassword(problem=problem)


def hash_password(password: str) -> str:
    """The hash to store, with its parameters and its salt. Raises TooBusy."""
    with _place():
        return _hasher.hash(_bytes(password))


def is_password(stored: str | None, password: str) -> bool:
    """Whether it is the password of that hash; always False, and as slow, for no hash or one that cannot be read.

    Raises TooBusy."""
    with _place():
        try:
            return _hasher.verify(stored or DUMMY_HASH, _bytes(password)) and stored is not None
        except InvalidHashError:
            _hasher.hash(_bytes(password))
            return False
        except VerificationError:
            return False


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def hash_with_salt(code: str, salt: str) -> str:
    """The bare hash of a code, as slow as a password's: 64 hexadecimal digits, equal for equal codes of one salt, which
    comes in hexadecimal digits. Raises TooBusy."""
    with _place():
        return hash_secret_raw(_bytes(code), bytes.fromhex(salt), PASSES, MEMORY_KIB, LANES, BARE_BYTES, Type.ID).hex()
