"""Who may call which route, and on whose objects. A route without a row refuses to start.

`who` is enforced before every view by `access.enforce`; `objects` names the rule that the view's loader applies
(a foreign object is a missing one). Tests drive every row as every actor.
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.core.actor import STAFF_ROLES, Role

VISITOR = "visitor"
Who = frozenset[str]

EVERYONE: Who = frozenset({VISITOR, *(r.value for r in Role)})
LOGGED_IN: Who = frozenset(r.value for r in Role)
PATIENTS: Who = frozenset({Role.PATIENT.value})
PUBLIC: Who = frozenset({VISITOR, Role.PATIENT.value})
DESK: Who = frozenset({Role.SCHEDULER.value, Role.ADMINISTRATOR.value})
SPECIALISTS: Who = frozenset({Role.SPECIALIST.value})
ADMINISTRATORS: Who = frozenset({Role.ADMINISTRATOR.value})
STAFF: Who = frozenset(r.value for r in STAFF_ROLES)

OWN_VISIT = "own visit, or one opened in this browser session"
OWN_OFFER = "an offer to an own patient, or one whose link was opened in this browser session"
OWN_WAIT = "an entry of an own patient, made in this browser session, or for a visit opened in it"
OWN_HELP = "an invitation to help the account's owner"
OWN_LOCATION = "locations where the person works"
OWN_CALENDAR = "calendars of locations where the person works"


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint and method. `objects`: "none", or the rule of its loader, in words."""

    endpoint: str
    method: str
    who: Who
    objects: str = "none"


ROWS: tuple[Row, ...] = (
    Row("static", "GET", EVERYONE),
    Row("operation.healthz", "GET", EVERYONE),
    Row("operation.readyz", "GET", EVERYONE),
    Row("accounts.register", "GET", EVERYONE),
    Row("accounts.register", "POST", EVERYONE),
    Row("accounts.registered", "GET", EVERYONE),
    Row("accounts.verify", "GET", EVERYONE),
    Row("accounts.verify", "POST", EVERYONE),
    Row("accounts.log_in", "GET", EVERYONE),
    Row("accounts.log_in", "POST", EVERYONE),
    Row("accounts.log_out", "POST", LOGGED_IN),
    Row("second_step.code", "GET", EVERYONE, "the log-in that waits in the own browser session"),
    Row("second_step.code", "POST", EVERYONE, "the log-in that waits in the own browser session"),
    Row("second_step.recovery_code", "GET", EVERYONE, "the log-in that waits in the own browser session"),
    Row("second_step.recovery_code", "POST", EVERYONE, "the log-in that waits in the own browser session"),
    Row("second_step.passkey", "POST", EVERYONE, "the log-in that waits in the own browser session"),
    Row("passkeys.log_in", "POST", EVERYONE),
    Row("passkeys.add", "GET", LOGGED_IN),
    Row("passkeys.add", "POST", LOGGED_IN),
    Row("passkeys.passkey", "GET", LOGGED_IN, "a passkey of the own account"),
    Row("passkeys.passkey", "POST", LOGGED_IN, "a passkey of the own account"),
    Row("passkeys.remove", "POST", LOGGED_IN, "a passkey of the own account"),
    Row("factors.overview", "GET", LOGGED_IN),
    Row("factors.change_password", "GET", LOGGED_IN),
    Row("factors.change_password", "POST", LOGGED_IN),
    Row("factors.add_app", "GET", LOGGED_IN),
    Row("factors.add_app", "POST", LOGGED_IN),
    Row("factors.remove_app", "GET", LOGGED_IN),
    Row("factors.remove_app", "POST", LOGGED_IN),
    Row("factors.show_recovery_codes", "GET", LOGGED_IN),
    Row("factors.show_recovery_codes", "POST", LOGGED_IN),
    Row("identity.confirm", "GET", LOGGED_IN),
    Row("identity.confirm", "POST", LOGGED_IN),
    Row("identity.go_on", "GET", LOGGED_IN),
    Row("accounts.account", "GET", LOGGED_IN),
    Row("sessions.sessions", "GET", LOGGED_IN, "sessions of the own account"),
    Row("sessions.end", "POST", LOGGED_IN, "a session of the own account"),
    Row("sessions.end_all", "POST", LOGGED_IN, "sessions of the own account"),
    Row("sessions.stay", "POST", LOGGED_IN, "the own session"),
    Row("sessions.time_left", "GET", LOGGED_IN, "the own session"),
    Row("accounts.reset_request", "GET", EVERYONE),
    Row("accounts.reset_request", "POST", EVERYONE),
    Row("accounts.reset_sent", "GET", EVERYONE),
    Row("accounts.reset", "GET", EVERYONE),
    Row("accounts.reset", "POST", EVERYONE),
    Row("links.open_link", "GET", EVERYONE, "what the link was mailed for"),
    Row("links.send_link_again", "POST", EVERYONE),
    Row("carers.people", "GET", PATIENTS),
    Row("carers.invite", "GET", PATIENTS),
    Row("carers.invite", "POST", PATIENTS, "patients who are the account's owner"),
    Row("carers.withdraw", "POST", PATIENTS, OWN_HELP),
    Row("carers.end", "GET", PATIENTS, "a right to help the account's owner, or of the account to help somebody"),
    Row("carers.end", "POST", PATIENTS, "a right to help the account's owner, or of the account to help somebody"),
    Row("carers.invitation", "GET", PUBLIC, "the invitation whose link this browser has opened"),
    Row("carers.accept", "POST", PATIENTS, "the invitation whose link this browser has opened"),
    Row("carers.decline", "POST", PUBLIC, "the invitation whose link this browser has opened"),
    Row("preferences.theme", "POST", EVERYONE),
    Row("questionnaires.start", "GET", PUBLIC, OWN_VISIT),
    Row("questionnaires.step", "GET", PUBLIC, OWN_VISIT),
    Row("questionnaires.save_step", "POST", PUBLIC, OWN_VISIT),
    Row("questionnaires.review", "GET", PUBLIC, OWN_VISIT),
    Row("questionnaires.send", "POST", PUBLIC, OWN_VISIT),
    Row("questionnaires.done", "GET", PUBLIC, OWN_VISIT),
    Row("sent_forms.copy", "GET", PUBLIC, "a visit of the account's own patient"),
    Row("sent_forms.answers", "GET", SPECIALISTS, "a visit that the specialist gives"),
    Row("privacy.own", "GET", PATIENTS, "patients of the account"),
    Row("privacy.download", "POST", PATIENTS, "patients of the account"),
    Row("privacy.ask_erasure", "GET", PATIENTS, "patients of the account"),
    Row("privacy.ask_erasure", "POST", PATIENTS, "patients of the account"),
    Row("privacy.request_of", "GET", ADMINISTRATORS, "patients who asked to be erased"),
    Row("privacy.erase", "POST", ADMINISTRATORS, "patients who asked to be erased"),
    Row("privacy.keep", "POST", ADMINISTRATORS, "patients who asked to be erased"),
    Row("public.index", "GET", EVERYONE),
    Row("public.licences", "GET", EVERYONE),
    Row("public.favicon", "GET", EVERYONE),
    Row("scheduling.services", "GET", PUBLIC),
    Row("scheduling.times", "GET", PUBLIC, "services that anyone may book"),
    Row("scheduling.keep_wishes", "POST", PUBLIC, "the wishes of the own account or browser session"),
    Row("scheduling.forget_wishes", "POST", PUBLIC, "the wishes of the own account or browser session"),
    Row("scheduling.keep_mode", "POST", PUBLIC, "the wishes of the own account or browser session"),
    Row("scheduling.hold", "POST", PUBLIC, "services that anyone may book"),
    Row("scheduling.extend", "POST", PUBLIC, "the hold of the own browser session"),
    Row("scheduling.release", "POST", PUBLIC, "the hold of the own browser session"),
    Row("scheduling.whom", "GET", PUBLIC, "patients of the account"),
    Row("scheduling.whom", "POST", PUBLIC, "patients of the account"),
    Row("scheduling.details", "GET", PUBLIC, "the draft of the own browser session"),
    Row("scheduling.keep_details", "POST", PUBLIC, "the draft of the own browser session"),
    Row("scheduling.check", "GET", PUBLIC, "the draft of the own browser session"),
    Row("scheduling.book", "POST", PUBLIC, "the hold of the own browser session, patients of the account"),
    Row("scheduling.confirmed", "GET", PUBLIC, OWN_VISIT),
    Row("visits.visits", "GET", PATIENTS, "visits of the account's patients"),
    Row("visits.visit", "GET", PUBLIC, OWN_VISIT),
    Row("visits.cancel", "GET", PUBLIC, OWN_VISIT),
    Row("visits.cancel", "POST", PUBLIC, OWN_VISIT),
    Row("visits.cancelled", "GET", PUBLIC, OWN_VISIT),
    Row("visits.calendar", "GET", PUBLIC, OWN_VISIT),
    Row("visits.undo_cancel", "POST", PUBLIC, OWN_VISIT),
    Row("visits.change", "GET", PUBLIC, OWN_VISIT),
    Row("visits.pick", "POST", PUBLIC, OWN_VISIT),
    Row("visits.check_change", "GET", PUBLIC, OWN_VISIT),
    Row("visits.move", "POST", PUBLIC, OWN_VISIT),
    Row("visits.changed", "GET", PUBLIC, OWN_VISIT),
    Row("visits.undo_change", "POST", PUBLIC, OWN_VISIT),
    Row("waiting.wait", "GET", PUBLIC, "services that patients book; patients of the account"),
    Row("waiting.join", "POST", PUBLIC, "services that patients book; patients of the account"),
    Row("waiting.who_waits", "GET", PUBLIC, "the wish of the own browser session"),
    Row("waiting.who_waits", "POST", PUBLIC, "the wish of the own browser session"),
    Row("waiting.wait_for_earlier", "GET", PUBLIC, OWN_VISIT),
    Row("waiting.wait_for_earlier", "POST", PUBLIC, OWN_VISIT),
    Row("waiting.entry", "GET", PUBLIC, OWN_WAIT),
    Row("waiting.change", "GET", PUBLIC, OWN_WAIT),
    Row("waiting.change", "POST", PUBLIC, OWN_WAIT),
    Row("waiting.leave", "POST", PUBLIC, OWN_WAIT),
    Row("waiting.join_again", "POST", PUBLIC, OWN_WAIT),
    Row("mailed.confirm", "GET", PUBLIC, OWN_VISIT),
    Row("mailed.confirm", "POST", PUBLIC, OWN_VISIT),
    Row("mailed.call_me", "POST", PUBLIC, OWN_VISIT),
    Row("mailed.prove", "GET", PUBLIC, OWN_VISIT),
    Row("mailed.prove", "POST", PUBLIC, OWN_VISIT),
    Row("mailed.offer", "GET", PUBLIC, OWN_OFFER),
    Row("mailed.answer_offer", "POST", PUBLIC, OWN_OFFER),
    Row("desk.index", "GET", STAFF, OWN_LOCATION),
    Row("desk.day", "GET", STAFF, OWN_LOCATION),
    Row("desk.go_to", "GET", STAFF, OWN_LOCATION),
    Row("desk.visit", "GET", STAFF, "a visit at an own location; for specialists one that they give"),
    Row("desk.cancel", "GET", DESK, "a visit at an own location"),
    Row("desk.cancel", "POST", DESK, "a visit at an own location"),
    Row("desk.undo_cancel", "POST", DESK, "a visit at an own location"),
    Row("desk.change", "GET", DESK, "a visit at an own location"),
    Row("desk.check_change", "GET", DESK, "a visit at an own location, to an own location"),
    Row("desk.check_change", "POST", DESK, "a visit at an own location, to an own location"),
    Row("desk.undo_change", "POST", DESK, "a visit at an own location"),
    Row("desk.confirm", "POST", DESK, "a visit at an own location"),
    Row("desk.move", "POST", DESK, "a visit at an own location"),
    Row("desk.video", "GET", STAFF, "a visit at an own location; for specialists one that they give"),
    Row("desk.video", "POST", STAFF, "a visit at an own location; for specialists one that they give"),
    Row("desk.patients", "GET", DESK),
    Row("desk.search", "POST", DESK),
    Row("desk.patient", "GET", DESK, "any patient; visits elsewhere show time and place only"),
    Row("desk.book", "GET", DESK, OWN_LOCATION),
    Row("desk.why", "GET", DESK, OWN_LOCATION),
    Row("desk.describe", "GET", DESK),
    Row("desk.describe", "POST", DESK),
    Row("desk.check", "GET", DESK, OWN_LOCATION),
    Row("desk.check", "POST", DESK, OWN_LOCATION),
    Row("desk.several", "GET", DESK, OWN_LOCATION),
    Row("desk.check_several", "GET", DESK, OWN_LOCATION),
    Row("desk.check_several", "POST", DESK, OWN_LOCATION),
    Row("desk.calendars", "GET", DESK, OWN_LOCATION),
    Row("desk.calendar", "GET", DESK, OWN_CALENDAR),
    Row("desk.change_hours", "GET", DESK, OWN_CALENDAR),
    Row("desk.change_hours", "POST", DESK, OWN_CALENDAR),
    Row("desk.change_date", "GET", DESK, OWN_CALENDAR),
    Row("desk.change_date", "POST", DESK, OWN_CALENDAR),
    Row("desk.add_leave", "GET", DESK, OWN_CALENDAR),
    Row("desk.add_leave", "POST", DESK, OWN_CALENDAR),
    Row("desk.add_block", "GET", DESK, OWN_CALENDAR),
    Row("desk.add_block", "POST", DESK, OWN_CALENDAR),
    Row("desk.change_block", "GET", DESK, OWN_CALENDAR),
    Row("desk.change_block", "POST", DESK, OWN_CALENDAR),
    Row("desk.remove_block", "GET", DESK, OWN_CALENDAR),
    Row("desk.remove_block", "POST", DESK, OWN_CALENDAR),
    Row("desk.closures", "GET", DESK, OWN_LOCATION),
    Row("desk.closures", "POST", DESK, OWN_LOCATION),
    Row("desk.open_again", "POST", DESK, OWN_LOCATION),
    Row("desk.waiting", "GET", DESK, OWN_LOCATION),
    Row("desk.wait", "GET", DESK, "any patient"),
    Row("desk.wait", "POST", DESK, "any patient; an own location, a visit at an own location"),
    Row("desk.leave_waiting", "POST", DESK, "an entry of an own location"),
    Row("desk.answer_offer", "POST", DESK, "an offer at an own location"),
)

DEMO_ROWS: tuple[Row, ...] = (
    Row("demo.inbox", "GET", EVERYONE),
    Row("demo.letter", "GET", EVERYONE, "caught mail of invented people"),
    Row("demo.letter_html", "GET", EVERYONE, "caught mail of invented people"),
    Row("demo.logins", "GET", EVERYONE),
)
"""Routes of the demo clinic alone."""

TABLE: dict[tuple[str, str], Row] = {(row.endpoint, row.method): row for row in (*ROWS, *DEMO_ROWS)}
