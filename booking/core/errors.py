"""Refusals: what the program says no to, each with a stable `code` that templates, pages and tests use.

A refusal is told to a person in their language by `booking/web/errors.py`; nothing here is a sentence for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class BookingError(Exception):
    """Base of all refusals. `details` holds plain values for the page that explains it (never logged)."""

    code = "refused"

    def __init__(self, **details: Any) -> None:
        super().__init__(self.code)
        self.details = details


class SlotTaken(BookingError):
    """The time was taken, or never free. `alternatives` are the nearest times that are (a sequence of Slot)."""

    code = "slot_taken"

    def __init__(self, alternatives: Sequence[Any] = (), **details: Any) -> None:
        super().__init__(**details)
        self.alternatives = tuple(alternatives)


class PatientBusy(BookingError):
    """The patient already has a visit at that time."""

    code = "patient_busy"


class RulesRefuse(BookingError):
    """One or more rules say no; `refusals` lists all of them."""

    code = "rules_refuse"

    def __init__(self, refusals: Sequence[Any], **details: Any) -> None:
        super().__init__(**details)
        self.refusals = tuple(refusals)


class HoldExpired(BookingError):
    """The hold ran out and its time could not be taken again; `alternatives` are the nearest free times."""

    code = "hold_expired"

    def __init__(self, alternatives: Sequence[Any] = (), **details: Any) -> None:
        super().__init__(**details)
        self.alternatives = tuple(alternatives)


class SeveralRefused(BookingError):
    """Several visits were wanted at once and none was booked; `conflicts` name each one that was in the way."""

    code = "several_refused"

    def __init__(self, conflicts: Sequence[Any], **details: Any) -> None:
        super().__init__(**details)
        self.conflicts = tuple(conflicts)


class NotFound(BookingError):
    """The thing does not exist, or not for this person: the two are never told apart."""

    code = "not_found"


class MoveNotAllowed(BookingError):
    """The appointment's present status does not allow that step."""

    code = "move_not_allowed"


class OfferOver(BookingError):
    """An offer of the waiting list that takes no answer any more; `state` in the details says what became of it."""

    code = "offer_over"


class NonceReused(BookingError):
    """The same form was sent again with other contents."""

    code = "nonce_reused"


class TooManyTries(BookingError):
    """A rate limit is used up; `retry_seconds` says when the next try may come."""

    code = "too_many_tries"


class LinkDead(BookingError):
    """A mailed link is unknown, used or expired."""

    code = "link_dead"


class BusyDatabase(BookingError):
    """The database could not give the lock in time; nothing was changed."""

    code = "busy_database"


class TooBusy(BookingError):
    """Too many costly things at once; nothing was changed, and the same may be tried again."""

    code = "too_busy"


class WrongLogIn(BookingError):
    """Address and password do not belong together: which of the two is wrong is never told apart."""

    code = "wrong_log_in"


class AddressUnconfirmed(BookingError):
    """The password was right, but nobody has shown yet that the address is theirs; a new link is on its way."""

    code = "address_unconfirmed"


class WrongCode(BookingError):
    """A code, a recovery code or a passkey that does not prove what it should; why is never told."""

    code = "wrong_code"


class LogInOver(BookingError):
    """A log-in that waited too long for its second step, or whose account changed meanwhile: it begins anew."""

    code = "log_in_over"


class LastFactor(BookingError):
    """The second step cannot be removed: it is the only one left, and this account must have one."""

    code = "last_factor"


class WeakPassword(BookingError):
    """The rules for passwords refuse it; `problem` in the details is a PasswordProblem."""

    code = "weak_password"


class AddressKnown(BookingError):
    """An account with that address exists. Told to administrators only."""

    code = "address_known"


class CannotMerge(BookingError):
    """Two records cannot become one, or be taken apart, as things stand; `conflicts` names everything in the way."""

    code = "cannot_merge"

    def __init__(self, conflicts: Sequence[Any], **details: Any) -> None:
        super().__init__(**details)
        self.conflicts = tuple(conflicts)


class CannotHelp(BookingError):
    """Nobody can be their own carer; `problem` in the details says which way it was tried."""

    code = "cannot_help"


class FormClosed(BookingError):
    """The form was sent already, or its visit takes no answers any more; what was posted is not saved."""

    code = "form_closed"


class FormNotReady(BookingError):
    """The form cannot be sent: `missing` in the details are link ids of questions, `has_changed` says that the answers
    are not those the person saw."""

    code = "form_not_ready"


class TaskTaken(BookingError):
    """Somebody else does that work, or has done it (`is_done` in the details, with their `name`)."""

    code = "task_taken"
