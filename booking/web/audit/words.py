"""Events of the audit log in words. What each does to a person is said in full, so that it can be translated."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from booking.queries.audit_events import Entry

SEEN: dict[str, LazyString] = {
    "visit_seen": lazy_gettext("looked at a visit"),
    "patient_seen": lazy_gettext("looked at the patient's page"),
    "answers_seen": lazy_gettext("looked at the patient's own answers"),
    "response_read": lazy_gettext("read the answers to a form"),
    "history_read": lazy_gettext("read answers, scores and drawings before a visit"),
    "responses_exported": lazy_gettext("exported the answers of a visit"),
    "response_reviewed": lazy_gettext("marked a form as reviewed"),
    "response_unreviewed": lazy_gettext("marked a form as not reviewed"),
    "response_noted": lazy_gettext("changed the note beside a form"),
    "follow_up_wanted": lazy_gettext("wanted a follow-up"),
    "follow_up_booked": lazy_gettext("booked a follow-up"),
    "follow_up_dropped": lazy_gettext("took a follow-up off the list"),
    "follow_up_reopened": lazy_gettext("put a follow-up back on the list"),
    "to_book_seen": lazy_gettext("looked at the list of whom to book"),
    "reason_read": lazy_gettext("read the reason for a visit"),
    "day_seen": lazy_gettext("looked at the list of a day"),
    "patients_found": lazy_gettext("searched for a patient"),
    "forms_list_seen": lazy_gettext("looked at the list of missing forms"),
    "consent_signed": lazy_gettext("signed a text"),
    "consent_on_paper": lazy_gettext("recorded a signature on paper"),
    "consent_withdrawn": lazy_gettext("took back what was signed"),
    "consent_text_saved": lazy_gettext("wrote a text to agree to"),
    "consent_text_published": lazy_gettext("published a text to agree to"),
    "consent_text_retired": lazy_gettext("retired a text to agree to"),
    "form_asked": lazy_gettext("asked for one more form"),
    "form_withdrawn": lazy_gettext("withdrew a form"),
    "waiting_list_seen": lazy_gettext("looked at the waiting list"),
    "tasks_seen": lazy_gettext("looked at the list of what is to be done"),
    "task_seen": lazy_gettext("looked at something that is to be done"),
    "safety_answer_read": lazy_gettext("read a safety answer"),
    "log_read": lazy_gettext("read this log"),
    "data_exported": lazy_gettext("took a copy of the data"),
}
LOG_INS: dict[str, LazyString] = {
    "logged_in": lazy_gettext("logged in"),
    "session_ended": lazy_gettext("logged a device out"),
    "logged_out_everywhere": lazy_gettext("logged all devices out"),
    "proven_anew": lazy_gettext("proved who they are once more"),
    "password_proven": lazy_gettext("gave the password, and was asked for the second step"),
    "recovery_code_used": lazy_gettext("used a recovery code"),
    "reset_requested": lazy_gettext("asked for a new password"),
    "password_reset": lazy_gettext("set a new password by a mailed link"),
    "password_changed": lazy_gettext("changed the password"),
}
REFUSED: dict[str, LazyString] = {
    "access_refused": lazy_gettext("was refused a page"),
    "log_in_refused": lazy_gettext("tried to log in and was refused"),
    "proof_refused": lazy_gettext("could not prove who they are"),
    "birth_date_refused": lazy_gettext("gave a wrong date of birth"),
    "tries_slowed": lazy_gettext("used up the tries of one time, and was slowed down"),
}
CHANGED: dict[str, LazyString] = {
    "form_language_chosen": lazy_gettext("chose the language in which a patient reads forms"),
    "form_drafted": lazy_gettext("began a form of the clinic"),
    "form_imported": lazy_gettext("brought a form along"),
    "form_discarded": lazy_gettext("threw the draft of a form away"),
    "form_published": lazy_gettext("let a form go live"),
    "form_retired": lazy_gettext("gave a form to nobody new"),
    "appointment_booked": lazy_gettext("booked a visit"),
    "appointment_cancelled": lazy_gettext("canceled a visit"),
    "appointment_changed": lazy_gettext("moved a visit"),
    "appointment_change_undone": lazy_gettext("moved a visit back"),
    "appointment_time_closed": lazy_gettext("closed the time of a visit"),
    "appointment_restored": lazy_gettext("took a cancellation back"),
    "appointment_confirmed": lazy_gettext("confirmed a visit"),
    "appointment_arrived": lazy_gettext("marked the patient as arrived"),
    "appointment_in_room": lazy_gettext("marked the patient as in the room"),
    "appointment_done": lazy_gettext("marked a visit as done"),
    "appointment_no_show": lazy_gettext("marked the patient as not come"),
    "appointment_undone": lazy_gettext("set a visit back to expected"),
    "appointment_reseated": lazy_gettext("gave a visit another room, nurse or chair"),
    "video_link_set": lazy_gettext("gave a visit its video link"),
    "video_link_removed": lazy_gettext("took a video link away"),
    "birth_date_given": lazy_gettext("gave the date of birth"),
    "call_asked_for": lazy_gettext("asked to be called"),
    "response_opened": lazy_gettext("began a form"),
    "response_completed": lazy_gettext("sent a form"),
    "response_helped": lazy_gettext("filled in a form for the patient, or with them"),
    "task_done": lazy_gettext("ticked off what was to be done"),
    "task_reopened": lazy_gettext("put what was to be done back on the list"),
    "task_claimed": lazy_gettext("took on what was to be done"),
    "task_given_back": lazy_gettext("gave back what was to be done"),
    "task_handed_on": lazy_gettext("handed on what was to be done"),
    "task_escalated": lazy_gettext("called for help with what was to be done"),
    "safety_changed": lazy_gettext("changed who is told of safety answers"),
    "safety_fell_back": lazy_gettext("stopped monitoring safety answers: nobody was left to be told"),
    "patient_created": lazy_gettext("added a patient"),
    "patient_linked": lazy_gettext("tied a patient to an account"),
    "address_confirmed": lazy_gettext("confirmed an e-mail address"),
    "address_change_asked": lazy_gettext("asked for another e-mail address"),
    "address_changed": lazy_gettext("changed the e-mail address"),
    "address_change_stopped": lazy_gettext("stopped the change of an e-mail address"),
    "account_registered": lazy_gettext("made an account"),
    "link_sent_again": lazy_gettext("asked for a mailed link again"),
    "offer_made": lazy_gettext("offered a time from the waiting list"),
    "offer_accepted": lazy_gettext("took an offered time"),
    "offer_declined": lazy_gettext("declined an offered time"),
    "offer_expired": lazy_gettext("let an offer end"),
    "offer_withdrawn": lazy_gettext("withdrew an offer"),
    "waiting_joined": lazy_gettext("joined the waiting list"),
    "waiting_changed": lazy_gettext("changed a wish on the waiting list"),
    "waiting_left": lazy_gettext("left the waiting list"),
    "waiting_placed": lazy_gettext("left the waiting list with a time"),
    "waiting_expired": lazy_gettext("ended a wait whose days were over"),
    "waiting_resumed": lazy_gettext("put a patient back on the waiting list"),
    "waiting_joined_again": lazy_gettext("joined the waiting list again"),
    "carer_invited": lazy_gettext("invited somebody to act for the patient"),
    "carer_invitation_withdrawn": lazy_gettext("withdrew an invitation to act for the patient"),
    "carer_accepted": lazy_gettext("began to act for the patient"),
    "carer_declined": lazy_gettext("declined to act for the patient"),
    "carer_ended": lazy_gettext("ended acting for the patient"),
    "carer_left": lazy_gettext("stopped acting for the patient"),
    "patients_merged": lazy_gettext("joined two records of one patient"),
    "merge_undone": lazy_gettext("took two records apart again"),
    "passkey_added": lazy_gettext("added a passkey"),
    "passkey_removed": lazy_gettext("removed a passkey"),
    "app_added": lazy_gettext("added the codes of an app"),
    "app_removed": lazy_gettext("removed the codes of an app"),
    "second_factors_reset": lazy_gettext("took the second steps of an account away"),
    "recovery_codes_made": lazy_gettext("made recovery codes"),
    "erasure_asked": lazy_gettext("asked to be erased"),
    "erasure_declined": lazy_gettext("declined to erase"),
    "contact_erased": lazy_gettext("erased how a patient is reached"),
    "record_erased": lazy_gettext("erased a patient's record"),
    "hours_begun": lazy_gettext("added hours to a calendar"),
    "hours_changed": lazy_gettext("changed the hours of a calendar"),
    "hours_ended": lazy_gettext("ended hours of a calendar"),
    "exception_added": lazy_gettext("changed one date of a calendar"),
    "exception_removed": lazy_gettext("took the change of a date back"),
    "closure_added": lazy_gettext("closed a day"),
    "closure_removed": lazy_gettext("opened a closed day again"),
    "block_added": lazy_gettext("blocked time of a calendar"),
    "block_changed": lazy_gettext("changed a block"),
    "block_removed": lazy_gettext("removed a block"),
    "freed_time_settled": lazy_gettext("opened a freed time to all"),
    "staff_account_created": lazy_gettext("made an account for staff"),
    "staff_invited": lazy_gettext("invited somebody to the staff"),
    "staff_invited_again": lazy_gettext("sent an invitation again"),
    "staff_joined": lazy_gettext("joined the staff"),
    "staff_changed": lazy_gettext("changed what somebody may do"),
    "staff_enabled": lazy_gettext("opened an account again"),
    "staff_disabled": lazy_gettext("closed an account"),
    "clinic_loaded": lazy_gettext("loaded the clinic file"),
    "clinic_changed": lazy_gettext("changed the clinic's details"),
    "location_changed": lazy_gettext("changed a location"),
    "resource_changed": lazy_gettext("changed a specialist, room or device"),
    "service_changed": lazy_gettext("changed a service"),
    "field_keys_rotated": lazy_gettext("changed the keys of health data"),
    "database_restored": lazy_gettext("restored a backup"),
    "mail_held": lazy_gettext("held mail back after a restore"),
    "mail_released": lazy_gettext("let held mail go"),
    "mail_dropped": lazy_gettext("dropped held mail"),
    "demo_filled": lazy_gettext("filled the demo clinic"),
}
ENTERING = frozenset({"logged_in", "password_proven", "recovery_code_used"})
"""What people do who have just proved who they are, before their session begins."""
WORDS = SEEN | LOG_INS | REFUSED | CHANGED
OTHER = lazy_gettext("did something else")

KINDS: dict[str, tuple[LazyString, dict[str, LazyString]]] = {
    "seen": (lazy_gettext("What was looked at"), SEEN),
    "changed": (lazy_gettext("What was changed"), CHANGED),
    "log-ins": (lazy_gettext("Logging in and out"), LOG_INS),
    "refused": (lazy_gettext("Only what was refused"), REFUSED),
}

ACTORS: dict[str, LazyString] = {
    "patient": lazy_gettext("A patient"),
    "visitor": lazy_gettext("Somebody without a login"),
    "system": lazy_gettext("The program"),
    "scheduler": lazy_gettext("The reception"),
    "specialist": lazy_gettext("A specialist"),
    "nurse": lazy_gettext("A nurse"),
    "administrator": lazy_gettext("The administration"),
}
"""Who, where no name is known or none is told."""

NAMED_TO_PATIENTS = frozenset({"specialist", "nurse", "patient"})
"""Whose names patients see: those who treat them, whom they know by name, and who acts for them. Of the others it is
the office that acts; administrators see who it was. See docs/adr/0013-audit-chain.md."""

OWN: dict[str, LazyString] = {
    "visit_seen": lazy_gettext("looked at a visit of yours"),
    "patient_seen": lazy_gettext("looked at your details and your visits"),
    "answers_seen": lazy_gettext("looked at answers you gave"),
    "response_read": lazy_gettext("read your answers to a form"),
    "history_read": lazy_gettext("read your answers before a visit"),
    "responses_exported": lazy_gettext("took a copy of your answers for a visit"),
    "response_reviewed": lazy_gettext("went through your answers to a form"),
    "follow_up_wanted": lazy_gettext("wants to see you again"),
    "reason_read": lazy_gettext("read why you are coming"),
    "data_exported": lazy_gettext("took a copy of your data"),
    "birth_date_given": lazy_gettext("opened a visit of yours with your date of birth"),
    "appointment_arrived": lazy_gettext("noted that you arrived"),
    "appointment_in_room": lazy_gettext("noted that you are in the room"),
    "appointment_done": lazy_gettext("noted that a visit is over"),
    "appointment_no_show": lazy_gettext("noted that you did not come"),
    "patient_created": lazy_gettext("added you to our records"),
    "waiting_joined": lazy_gettext("put you on the waiting list"),
}
"""The same to the patient, where it reads differently."""


def what(entry: Entry) -> LazyString:
    """What was done, for administrators."""
    return WORDS.get(entry.action, OTHER)


def own_what(entry: Entry) -> LazyString:
    """What was done, for the patient."""
    return OWN.get(entry.action) or what(entry)


def who(entry: Entry) -> str:
    """A name where there is one. Who logs in has no login before that, and is the one whose account it is."""
    if entry.action in ENTERING and entry.account_name:
        return entry.account_name
    return entry.actor_name or str(ACTORS.get(entry.actor_kind, ACTORS["visitor"]))


def own_who(entry: Entry) -> str:
    """Whoever it was, as far as the patient is told."""
    name = entry.actor_name if entry.actor_kind in NAMED_TO_PATIENTS else None
    return name or str(ACTORS.get(entry.actor_kind, ACTORS["visitor"]))
