"""Whether answers about self-harm are watched at this clinic, and where such a form may be given (clinical guide, 2.3).

Nothing here reads an answer; `questionnaires/safety.py` says which ones count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from booking.core.questionnaires.assignment import AskedForm
from booking.core.scheduling.lifecycle import AppointmentStatus

IN_PLACE_OF = {"phq-9": "phq-2"}
"""What a patient is asked away from the clinic when nobody watches the answers to the form before it."""

PRESENT = frozenset(
    {
        AppointmentStatus.ARRIVED,
        AppointmentStatus.IN_ROOM,
        AppointmentStatus.IN_TREATMENT,
        AppointmentStatus.IN_RECOVERY,
    }
)
"""While a visit stands so, its patient is in the house and staff are with them."""

MESSAGE_LANGUAGES = frozenset({"en"})
"""In which the message about help is written: those of the pages. A form that asks about self-harm in another one would
be followed by words that its reader may not understand, and does not go live."""

LONGEST_RESPONSE = 24 * 60
"""Minutes: an answer has to be looked at on the same day."""


class SafetyProblem(StrEnum):
    """What is missing before answers can be watched, or before a form that asks about self-harm is given to anybody."""

    NO_CRISIS_NAME = "no_crisis_name"
    NO_CRISIS_PHONE = "no_crisis_phone"
    NO_EMERGENCY_NUMBER = "no_emergency_number"
    NO_RECIPIENT = "no_recipient"
    NO_BACK_UP = "no_back_up"
    NO_HOURS = "no_hours"
    NO_RESPONSE_TIME = "no_response_time"


@dataclass(frozen=True, slots=True)
class CrisisDetails:
    """Who helps at any time. The text line may be empty: not every country has one."""

    name: str = ""
    phone: str = ""
    text_line: str = ""
    emergency_number: str = ""

    @property
    def problems(self) -> tuple[SafetyProblem, ...]:
        """What is missing; a line without a digit cannot be called."""
        missing = (
            (SafetyProblem.NO_CRISIS_NAME, self.name.strip()),
            (SafetyProblem.NO_CRISIS_PHONE, any(one.isdigit() for one in self.phone)),
            (SafetyProblem.NO_EMERGENCY_NUMBER, any(one.isdigit() for one in self.emergency_number)),
        )
        return tuple(problem for problem, is_there in missing if not is_there)

    @property
    def is_whole(self) -> bool:
        """Whether the message to the patient would be complete."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of safety answers, how soon somebody acts, and what patients are told meanwhile.

    `first` and `back_up` are the ids of accounts that can log in. `response_minutes` is from one step to the next."""

    is_wanted: bool = False
    first: tuple[int, ...] = ()
    back_up: tuple[int, ...] = ()
    hours: str = ""
    response_minutes: int | None = None
    crisis: CrisisDetails = field(default_factory=CrisisDetails)

    @property
    def problems(self) -> tuple[SafetyProblem, ...]:
        """What is missing before answers given away from the clinic can be watched."""
        missing = (
            (SafetyProblem.NO_RECIPIENT, self.first),
            (SafetyProblem.NO_BACK_UP, self.back_up),
            (SafetyProblem.NO_HOURS, self.hours.strip()),
            (SafetyProblem.NO_RESPONSE_TIME, self.response_minutes),
        )
        return (*self.crisis.problems, *(problem for problem, is_there in missing if not is_there))

    @property
    def is_on(self) -> bool:
        """Whether answers given away from the clinic are watched."""
        return self.is_wanted and not self.problems

    def may_give(self, status: AppointmentStatus) -> bool:
        """Whether a form that asks about self-harm may be begun at a visit that stands so: in the house, or watched."""
        return self.crisis.is_whole and (is_present(status) or self.is_on)


def is_present(status: AppointmentStatus) -> bool:
    """Whether the patient of a visit that stands so is in the house."""
    return status in PRESENT


def without_safety_items(forms: Sequence[AskedForm]) -> tuple[AskedForm, ...]:
    """What a visit asks where a form about self-harm may not be given: the shorter one in its place, once."""
    asked: dict[str, AskedForm] = {}
    for form in forms:
        code = IN_PLACE_OF.get(form.code, form.code)
        asked.setdefault(code, replace(form, code=code))
    return tuple(asked.values())
