"""What a patient has agreed to, and what follows from that for messages. Nothing here is a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EMAIL_REMINDERS = "email-reminders"
"""Code of the text about reminders by e-mail: withdrawn, no reminder of a visit or of a form is sent."""


class ConsentState(StrEnum):
    """`OUTDATED`: an earlier version was signed, and holds until it is withdrawn or the new one is signed."""

    OPEN = "open"
    SIGNED = "signed"
    OUTDATED = "outdated"
    WITHDRAWN = "withdrawn"

    @property
    def holds(self) -> bool:
        """Whether the patient has said yes and not taken it back."""
        return self in {ConsentState.SIGNED, ConsentState.OUTDATED}


@dataclass(frozen=True, slots=True)
class Signature:
    """One yes: to which version of the text, when, and when it was taken back."""

    version: int
    signed_at: datetime
    withdrawn_at: datetime | None = None


def state_of(newest_version: int, signatures: Iterable[Signature]) -> ConsentState:
    """How a patient stands to a text whose newest published version is that; the last word counts."""
    told = list(signatures)
    standing = [one for one in told if one.withdrawn_at is None]
    if any(one.version >= newest_version for one in standing):
        return ConsentState.SIGNED
    if standing:
        return ConsentState.OUTDATED
    return ConsentState.WITHDRAWN if told else ConsentState.OPEN
