"""The desk's words for codes: shorter than those that patients read."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import LazyString, lazy_gettext

from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import Refusal
from booking.core.tasks import (
    CALL_PATIENT,
    CHECK_AUDIT,
    CHECK_BACKUP,
    CHECK_MAIL,
    CHECK_SAFETY,
    DECIDE_MAIL,
    ERASE_PERSON,
    SAFETY_ANSWER,
)
from booking.queries.tasks import ListedTask
from booking.services.calling import ASKED_FOR_HELP
from booking.services.carers import CARER_LEFT
from booking.services.undo import CALENDAR_CHANGED

_S = AppointmentStatus

STATUS: dict[AppointmentStatus, LazyString] = {
    _S.BOOKED: lazy_gettext("Expected"),
    _S.ARRIVED: lazy_gettext("Arrived"),
    _S.IN_ROOM: lazy_gettext("In the room"),
    _S.IN_TREATMENT: lazy_gettext("In treatment"),
    _S.IN_RECOVERY: lazy_gettext("Resting"),
    _S.DONE: lazy_gettext("Done"),
    _S.CANCELLED: lazy_gettext("Canceled"),
    _S.NO_SHOW: lazy_gettext("Did not come"),
    _S.ENTERED_IN_ERROR: lazy_gettext("Entered by mistake"),
}

CONFIRMED = lazy_gettext("Confirmed")
"""In place of "Expected", once the patient has said that they come."""

STATUS_TONE: dict[AppointmentStatus, str] = {
    _S.BOOKED: "good",
    _S.ARRIVED: "busy",
    _S.IN_ROOM: "busy",
    _S.IN_TREATMENT: "busy",
    _S.IN_RECOVERY: "busy",
    _S.DONE: "quiet",
    _S.CANCELLED: "bad",
    _S.NO_SHOW: "bad",
}

STEP: dict[AppointmentStatus, LazyString] = {
    _S.ARRIVED: lazy_gettext("Arrived"),
    _S.IN_ROOM: lazy_gettext("In the room"),
    _S.DONE: lazy_gettext("Done"),
    _S.NO_SHOW: lazy_gettext("Did not come"),
}
"""What is written on the buttons of the day's steps."""

TASK: dict[str, LazyString] = {
    CALL_PATIENT: lazy_gettext("Call the patient: a message did not arrive"),
    CHECK_MAIL: lazy_gettext("Check the mail server: it refuses our messages"),
    CHECK_BACKUP: lazy_gettext("Check the backups: one failed, or none was made for too long"),
    DECIDE_MAIL: lazy_gettext("Decide about the mail that waits since the database was restored"),
    ERASE_PERSON: lazy_gettext("Decide: somebody asks to be erased"),
    CHECK_AUDIT: lazy_gettext("Check the audit log: it was changed outside the program"),
    CHECK_SAFETY: lazy_gettext("Name who is told of safety answers: nobody is, at the moment"),
    SAFETY_ANSWER: lazy_gettext("Safety answer – speak with the patient today"),
}
CALL: dict[str, LazyString] = {
    CALENDAR_CHANGED: lazy_gettext("Call the patient: the calendar has changed"),
    ASKED_FOR_HELP: lazy_gettext("Call the patient, who asks for help"),
    CARER_LEFT: lazy_gettext("Ask the patient for another e-mail address: a carer had theirs there, and has left"),
}
"""Calls with another reason than mail."""

OTHER_TASK = lazy_gettext("Something to look at")

MESSAGE: dict[MessageKind, LazyString] = {
    MessageKind.BOOKED: lazy_gettext("Confirmation"),
    MessageKind.REMINDER_3D: lazy_gettext("Reminder 3 days before"),
    MessageKind.REMINDER_1D: lazy_gettext("Reminder 1 day before"),
    MessageKind.FORM_NUDGE: lazy_gettext("Reminder of forms"),
    MessageKind.FORM_AFTER: lazy_gettext("Questions after the visit"),
    MessageKind.CANCELLED: lazy_gettext("Note that it is canceled"),
    MessageKind.CHANGED: lazy_gettext("Note of the new time"),
    MessageKind.RESTORED: lazy_gettext("Note that it stands again"),
    MessageKind.WAITING_OFFER: lazy_gettext("Offer from the waiting list"),
    MessageKind.WAITING_JOINED: lazy_gettext("Note of waiting for a time"),
}

MESSAGE_STATE: dict[MessageState, LazyString] = {
    MessageState.PENDING: lazy_gettext("planned for"),
    MessageState.SENDING: lazy_gettext("being sent since"),
    MessageState.DATA_SENT: lazy_gettext("being sent since"),
    MessageState.SENT: lazy_gettext("sent"),
    MessageState.FAILED: lazy_gettext("could not be delivered"),
    MessageState.CANCELLED: lazy_gettext("not needed any more"),
    MessageState.EXPIRED: lazy_gettext("not sent in time"),
}

ACTION: dict[str, LazyString] = {
    "appointment_booked": lazy_gettext("Booked"),
    "reason_read": lazy_gettext("Reason read"),
    "appointment_cancelled": lazy_gettext("Canceled"),
    "appointment_changed": lazy_gettext("Moved"),
    "appointment_change_undone": lazy_gettext("Moved back"),
    "appointment_time_closed": lazy_gettext("Its time was closed"),
    "appointment_restored": lazy_gettext("Cancellation undone"),
    "appointment_confirmed": lazy_gettext("Confirmed"),
    "form_asked": lazy_gettext("One more form asked for"),
    "form_withdrawn": lazy_gettext("Form withdrawn"),
    "appointment_arrived": lazy_gettext("Marked as arrived"),
    "appointment_in_room": lazy_gettext("Marked as in the room"),
    "appointment_done": lazy_gettext("Marked as done"),
    "appointment_no_show": lazy_gettext("Marked as not come"),
    "video_link_set": lazy_gettext("Video link given"),
    "video_link_removed": lazy_gettext("Video link taken away"),
    "appointment_undone": lazy_gettext("Set back to expected"),
    "appointment_reseated": lazy_gettext("Given another room, nurse or chair"),
}
OTHER_ACTION = lazy_gettext("Changed")

ACTOR: dict[str, LazyString] = {
    "patient": lazy_gettext("the patient"),
    "visitor": lazy_gettext("the patient, without a login"),
    "system": lazy_gettext("the program"),
}
OTHER_ACTOR = lazy_gettext("the clinic")

# Codes of http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason, by whose side the reason is on.
PATIENT_REASONS: dict[str, LazyString] = {
    "pat": lazy_gettext("The patient would rather not say"),
    "pat-fb": lazy_gettext("The patient feels better"),
    "pat-lt": lazy_gettext("No way to get here"),
    "pat-mv": lazy_gettext("The patient moved away"),
    "pat-ucp": lazy_gettext("Wants another specialist"),
    "pat-preg": lazy_gettext("Pregnancy"),
    "pat-dec": lazy_gettext("The patient has died"),
    "pat-mt": lazy_gettext("The insurance has ended"),
    "pat-swl": lazy_gettext("Moved up from the waiting list"),
}
CLINIC_REASONS: dict[str, LazyString] = {
    "prov": lazy_gettext("The specialist cannot be there"),
    "prov-pers": lazy_gettext("The specialist: personal reasons"),
    "prov-edu": lazy_gettext("The specialist: training"),
    "prov-hosp": lazy_gettext("A stay in hospital"),
    "prov-dch": lazy_gettext("Discharged from our care"),
    "prov-labs": lazy_gettext("Test results out of range"),
    "prov-mri": lazy_gettext("The safety check for a scan said no"),
    "prov-onc": lazy_gettext("The cancer treatment plan changed"),
    "oth-room": lazy_gettext("The room or a device is not available"),
    "oth-weath": lazy_gettext("Weather"),
    "oth-err": lazy_gettext("Booked by mistake"),
    "other": lazy_gettext("Another reason"),
}
REASONS_OF_PATIENTS: dict[str, LazyString] = {
    "pat-cpp": lazy_gettext("canceled on the website"),
    "pat-crs": lazy_gettext("canceled from a reminder"),
}

OTHER_REASONS: dict[str, LazyString] = {CALENDAR_CHANGED: lazy_gettext("The calendar has changed")}

OVERRIDE_REASONS: dict[str, LazyString] = {
    "urgent": lazy_gettext("It cannot wait"),
    "specialist_agreed": lazy_gettext("The specialist has agreed"),
    "freed_time": lazy_gettext("A time that has just become free"),
    "other": lazy_gettext("Another reason"),
}

REFUSALS: dict[str, LazyString] = {
    "in_past": lazy_gettext("That time is already over."),
    "too_soon": lazy_gettext("This is sooner than patients may book themselves."),
    "beyond_horizon": lazy_gettext("This is further ahead than patients may book themselves."),
    "course_only": lazy_gettext("This kind of visit belongs to a course that a specialist has opened."),
    "verified_only": lazy_gettext("Patients book this kind of visit only with an account whose e-mail is confirmed."),
    "gap_too_short": lazy_gettext("This is too close to another visit of this kind that the patient has."),
    "visit_limit": lazy_gettext("The patient has as many visits of this kind as may be booked within that time."),
    "patient_busy": lazy_gettext("The patient has another visit at that time."),
    "same_time": lazy_gettext("The visit is at that time already."),
    "not_changeable": lazy_gettext("The visit cannot be moved any more."),
    "closed_then": lazy_gettext("The calendar was changed: the earlier time is closed then, so this cannot be undone."),
    "undo_over": lazy_gettext("It is too late to undo this."),
    "not_given_here": lazy_gettext("This kind of visit is not given at that location."),
    "service_not_offered": lazy_gettext("This kind of visit is not given any more."),
    "specialist_not_for_service": lazy_gettext("That specialist does not give this kind of visit."),
    "no_specialist": lazy_gettext("Nobody gives this kind of visit at present."),
    "off_grid": lazy_gettext("Visits of this kind do not begin at that minute."),
    "outside_hours": lazy_gettext("That is outside the opening hours."),
    "closed": lazy_gettext("The location is closed on that day."),
    "taken": lazy_gettext("That time is taken."),
    "not_today": lazy_gettext("The visit is not today, so nobody can have arrived for it."),
    "not_begun": lazy_gettext("The visit has not begun yet, so nobody can have missed it."),
    "not_cancellable": lazy_gettext("The visit cannot be canceled any more."),
    "reason_required": lazy_gettext("Choose a reason."),
}
OTHER_REFUSAL = lazy_gettext("That is not possible.")


def refusal_sentences(refusals: Iterable[Refusal]) -> list[str]:
    """A sentence for each, for the people at the desk."""
    return [str(REFUSALS.get(refusal.code, OTHER_REFUSAL)) for refusal in refusals]


def task_word(task: ListedTask) -> str:
    """What is to be done."""
    known = CALL.get(task.reason_code or "") if task.kind == CALL_PATIENT else None
    return str(known or TASK.get(task.kind, OTHER_TASK))


def reason_word(code: str) -> str:
    """A reason of any side, for the history; the code itself where it is one we do not offer."""
    for words in (PATIENT_REASONS, CLINIC_REASONS, REASONS_OF_PATIENTS, OVERRIDE_REASONS, OTHER_REASONS):
        if code in words:
            return str(words[code])
    return code
