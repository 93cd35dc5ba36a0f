"""The logins of the demo clinic. Everybody may know them: they open nothing but invented people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from booking.core.actor import Role

DEMO_PASSWORD: Final = "calm-harbour-lights"  # noqa: S105 - printed by the demo itself.


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """`resource_code` is the specialist whose calendar it is, None for the others."""

    email: str
    name: str
    role: Role
    resource_code: str | None = None


PATIENT: Final = DemoLogin("ana@harbour.example.org", "Ana Morales", Role.PATIENT)
SCHEDULER: Final = DemoLogin("dora@harbour.example.org", "Dora Ashby", Role.SCHEDULER)
SPECIALIST: Final = DemoLogin(
    "maren@harbour.example.org", "Dr. Maren Lindqvist", Role.SPECIALIST, resource_code="dr-lindqvist"
)
ADMINISTRATOR: Final = DemoLogin("fay@harbour.example.org", "Fay Nakamura", Role.ADMINISTRATOR)

DEMO_LOGINS: Final = (PATIENT, SCHEDULER, SPECIALIST, ADMINISTRATOR)
