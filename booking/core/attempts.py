"""What stands in the audit log of those who tried to get in and were refused, and when somebody should look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.core.actor import STAFF_ROLES, Role

LATELY = timedelta(days=1)
"""How far back the first page of the administration looks."""

MANY_ACCOUNTS = 5
"""Addresses that one network tries: a family, or a desk whose keyboard lost a key, tries fewer."""

MANY_REFUSALS = 20
"""Pages that one account was refused: who works here meets some, by old bookmarks."""

WRONG_SECOND_STEPS = 3
"""Of one account, after its right password: a code that is typed too late fails once or twice."""

WRONG_BIRTH_DATES = 3
"""On the links to one visit: a slip of the finger and a second one are usual."""


@dataclass(frozen=True, slots=True)
class Total:
    """How often something of one kind was refused. `reason` is the reason code, "" for none."""

    action: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class TriedAccount:
    """An account at whose door somebody was refused.

    `second_steps` failed after the right password. `was_slowed`: its tries ran out. `entered_at`: the last log-in, None
    for none in the span. `patient_public_id` leads to the patient whose own account it is, None for staff."""

    id: int
    public_id: str
    name: str
    email_key: str
    role: Role
    passwords: int
    second_steps: int
    networks: int
    was_slowed: bool
    last_at: datetime
    entered_at: datetime | None
    patient_public_id: str | None

    @property
    def is_staff(self) -> bool:
        """Whether it is of somebody who works here."""
        return self.role in STAFF_ROLES


@dataclass(frozen=True, slots=True)
class TryingNetwork:
    """A network from which somebody was refused. `accounts` are those it tried; `unknown` are tries of addresses
    that nobody has here; `entered`: log-ins from it that succeeded."""

    network: str
    tries: int
    accounts: int
    unknown: int
    links: int
    was_slowed: bool
    last_at: datetime
    entered: int


@dataclass(frozen=True, slots=True)
class RefusedAccount:
    """Somebody who is logged in and was refused pages. `real`: of visits and patients that there are."""

    public_id: str
    name: str
    role: Role
    refusals: int
    real: int
    last_at: datetime
    patient_public_id: str | None

    @property
    def is_staff(self) -> bool:
        """Whether it is of somebody who works here."""
        return self.role in STAFF_ROLES


@dataclass(frozen=True, slots=True)
class GuessedLink:
    """A visit whose mailed links somebody has, without knowing the date of birth."""

    visit_public_id: str
    wrong: int
    networks: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """All of a span of time. Lists hold the worst of each kind."""

    totals: tuple[Total, ...]
    accounts: tuple[TriedAccount, ...]
    networks: tuple[TryingNetwork, ...]
    refused: tuple[RefusedAccount, ...]
    links: tuple[GuessedLink, ...]

    def count(self, action: str, *reasons: str) -> int:
        """How many of that action, of these reasons (none: of any)."""
        return sum(one.count for one in self.totals if one.action == action and (not reasons or one.reason in reasons))


class Worry(StrEnum):
    """What somebody should look at, the worst first."""

    PASSWORD_KNOWN = "password_known"  # noqa: S105 - the name of a worry, no password.
    MANY_ACCOUNTS = "many_accounts"
    FLOOD = "flood"
    GUESSED = "guessed"
    LINK_GUESSED = "link_guessed"
    MANY_REFUSALS = "many_refusals"


def worries(found: Attempts) -> tuple[Worry, ...]:
    """What is more than people who mistype, the worst first; () when nothing is."""
    holds = {
        Worry.PASSWORD_KNOWN: any(one.second_steps >= WRONG_SECOND_STEPS for one in found.accounts),
        Worry.MANY_ACCOUNTS: any(one.accounts + one.unknown >= MANY_ACCOUNTS for one in found.networks),
        Worry.FLOOD: any(one.action == "tries_slowed" and one.reason.endswith("_everyone") for one in found.totals),
        Worry.GUESSED: any(one.was_slowed for one in found.accounts),
        Worry.LINK_GUESSED: any(one.wrong >= WRONG_BIRTH_DATES for one in found.links),
        Worry.MANY_REFUSALS: any(one.refusals >= MANY_REFUSALS for one in found.refused),
    }
    return tuple(worry for worry, is_so in holds.items() if is_so)
