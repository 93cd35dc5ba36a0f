"""Every page there is, and the way to it: one function for each, with the endpoints that it shows."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from playwright.sync_api import Page

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.models import Account, Appointment, LinkAction, Patient
from booking.queries.catalogue import catalogue
from booking.services import sessions
from booking.services.appointments import PatientDetails, VisitDetails, book_at_desk
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import make_appointment, make_patient
from tests.live import LiveProgram
from tests.ui import steps
from tests.ui.people import ANA, CRUZ, DORA, Person

VISITOR = "visitor"
SESSION_COOKIE = "respite_session"
DAYS_AHEAD = timedelta(days=20)
# No two visits of a test run begin at the same hour, whoever asks for them.
HOURS, SOON = count(1), count(3)


@dataclass
class Stage:
    """Windows of the cast, logged in beforehand, and visits made as they are needed, each at a time of its own."""

    program: LiveProgram
    open_page: Callable[[], Page]
    _pages: dict[str, Page] = field(default_factory=dict)

    def page(self, person: Person | None = None) -> Page:
        """The window of that person; None is a visitor, who begins anew each time."""
        if person is None:
            page = self._pages.setdefault(VISITOR, self.open_page())
            page.context.clear_cookies()
            return page
        if person.email not in self._pages:
            self._pages[person.email] = self._logged_in(person)
        return self._pages[person.email]

    def _logged_in(self, person: Person) -> Page:
        page = self.open_page()
        with self.program.session() as session:
            account_id = session.scalar(sa.select(Account.id).where(Account.email_key == person.email))
            session.rollback()
            token = sessions.begin_session(session, account_id=account_id, data={}, now=utc_now())
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": self.program.base_url}])
        return page

    def visit(self, *, starts_in: timedelta | None = None) -> str:
        """The id of a new visit of Ana's."""
        starts_at = _full_hour(utc_now() + (starts_in or DAYS_AHEAD + timedelta(hours=next(HOURS))))
        with self.program.session() as session:
            ana = session.scalar(sa.select(Patient).where(Patient.email == ANA.email))
            made: Appointment = make_appointment(session, ana, starts_at=starts_at)
            return made.public_id

    def link(self, action: LinkAction) -> str:
        """The path of a link as it is mailed to Ana."""
        with self.program.session() as session:
            account_id = session.scalar(sa.select(Account.id).where(Account.email_key == ANA.email))
            with transaction(session):
                token = mint_link(
                    session,
                    action=action,
                    now=utc_now(),
                    expires_at=utc_now() + timedelta(minutes=10),
                    account_id=account_id,
                    email_key=ANA.email,
                )
        return f"/l/{token}"


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


Way = Callable[[Stage], Page]
WAYS: dict[str, Way] = {}
SHOWN: dict[str, set[str]] = {}


def shows(*endpoints: str) -> Callable[[Way], Way]:
    """Note the way under its function's name, and the endpoints at its end."""

    def note(way: Way) -> Way:
        name = way.__name__
        WAYS[name], SHOWN[name] = way, set(endpoints)
        return way

    return note


def at(path: str, *, by: Person | None = None) -> Way:
    """The way to a page that only needs its address."""

    def go(stage: Stage) -> Page:
        page = stage.page(by)
        page.goto(path)
        return page

    return go


def add(name: str, endpoint: str, path: str, *, by: Person | None = None) -> None:
    WAYS[name], SHOWN[name] = at(path, by=by), {endpoint}


add("start", "public.index", "/")
add("licences", "public.licences", "/licences")
add("services", "scheduling.services", "/book/")
# One specialist's times: axe compares each pair of targets, and all times are hundreds of buttons of the same kind.
add("times", "scheduling.times", "/book/first-consultation/times?who=dr-cruz")
add("times_of_nobody", "scheduling.times", "/book/first-consultation/times?who=dr-lind&where=northside")
add("unknown_service", "scheduling.times", "/book/surgery/times")
add("unknown_page", "", "/no-such-page")
add("register", "accounts.register", "/account/register")
add("registered", "accounts.registered", "/account/registered")
add("log_in", "accounts.log_in", "/account/log-in")
add("forgotten", "accounts.reset_request", "/account/forgotten")
add("reset_sent", "accounts.reset_sent", "/account/reset-sent")
add("account", "accounts.account", "/account/", by=ANA)
add("staff_account", "accounts.account", "/account/", by=DORA)
add("dead_link", "links.open_link", "/l/" + "A" * 43)
add("logins", "demo.logins", "/demo/logins")


def with_errors(path: str, button: str) -> Way:
    """A form that is sent empty."""

    def go(stage: Stage) -> Page:
        page = stage.page()
        page.goto(path)
        steps.press(page, button)
        return page

    return go


WAYS["register_with_errors"] = with_errors("/account/register", "Make my account")
WAYS["log_in_with_errors"] = with_errors("/account/log-in", "Log in")
WAYS["forgotten_with_errors"] = with_errors("/account/forgotten", "Send me the link")


@shows("accounts.verify")
def verify(stage: Stage) -> Page:
    return at(stage.link(LinkAction.VERIFY_ADDRESS))(stage)


@shows("accounts.reset")
def reset(stage: Stage) -> Page:
    return at(stage.link(LinkAction.RESET_PASSWORD))(stage)


@shows("scheduling.details")
def details(stage: Stage) -> Page:
    page = at("/book/first-consultation/times")(stage)
    steps.choose_time(page)
    steps.heading(page, "Your details")
    return page


@shows("scheduling.details")
def details_with_errors(stage: Stage) -> Page:
    page = details(stage)
    steps.press(page, "Continue")
    return page


@shows("scheduling.check")
def check(stage: Stage) -> Page:
    page = details(stage)
    steps.fill_details(page, Person("guest@example.org", ANA.role, "Gwen Guest"))
    steps.press(page, "Continue")
    steps.heading(page, "Check your answers")
    return page


@shows("scheduling.confirmed")
def confirmed(stage: Stage) -> Page:
    page = check(stage)
    steps.press(page, "Book this appointment")
    steps.heading(page, "Your appointment is booked")
    return page


@shows()
def taken(stage: Stage) -> Page:
    """Somebody else is quicker between looking and pressing."""
    page = at("/book/first-consultation/times?who=dr-cruz")(stage)
    page.get_by_role("link", name="Later week").click()
    _take(stage, page.locator("button.slot").first.get_attribute("value") or "")
    page.locator("button.slot").first.click()
    steps.heading(page, "taken")
    return page


def _take(stage: Stage, slot: str) -> None:
    """Give the time of a button to somebody else, with whoever the button names."""
    service, location, _, specialist, start = slot.split("~")
    with stage.program.session() as session:
        clinic = catalogue(session)
        book_at_desk(
            session,
            actor=Actor(role=Role.SCHEDULER, location_ids=frozenset(clinic.locations)),
            service_id=clinic.service_by_code[service].id,
            location_id=clinic.location_by_code[location].id,
            specialist_id=clinic.resource_by_code[specialist].id,
            starts_at=datetime.strptime(start, "%Y%m%dT%H%M%z"),
            patient=PatientDetails("Quentin", "Quick", date(1970, 1, 2), None, None),
            details=VisitDetails(None),
            nonce=secrets.token_hex(8),
            now=utc_now(),
        )


@shows("scheduling.details")
def details_of_known_patient(stage: Stage) -> Page:
    page = at("/book/first-consultation/times", by=ANA)(stage)
    steps.choose_time(page)
    steps.heading(page, "About the visit")
    return page


@shows("scheduling.whom")
def whom(stage: Stage) -> Page:
    page = details_of_known_patient(stage)
    page.goto("/book/whom")
    return page


@shows("visits.visits")
def visits(stage: Stage) -> Page:
    stage.visit()
    return at("/visits/", by=ANA)(stage)


@shows("visits.visit")
def visit(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}", by=ANA)(stage)


@shows("visits.cancel")
def cancel(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/cancel", by=ANA)(stage)


@shows("visits.cancel")
def cancel_too_late(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit(starts_in=timedelta(hours=next(SOON)))}/cancel", by=ANA)(stage)


@shows("visits.cancelled")
def cancelled(stage: Stage) -> Page:
    page = cancel(stage)
    steps.press(page, "Cancel this visit")
    steps.heading(page, "cancelled")
    return page


@shows("questionnaires.start")
def forms(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/forms/", by=ANA)(stage)


@shows("questionnaires.review")
def review(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/forms/peg/review", by=ANA)(stage)


@shows("questionnaires.review")
def review_with_errors(stage: Stage) -> Page:
    page = review(stage)
    steps.press(page, "Send my answers")
    return page


def question(code: str, number: int) -> Way:
    return lambda stage: at(f"/visits/{stage.visit()}/forms/{code}/{number}", by=ANA)(stage)


# One page of each kind: tiles, words, several questions, ticks, a date, a scale. Others only appear after an answer.
KINDS = {"intake-short": (1, 4, 6, 7, 13, 15), "peg": (1,)}
PEG_PAGES = 3
for code, numbers in KINDS.items():
    for number in numbers:
        WAYS[f"{code}_{number}"], SHOWN[f"{code}_{number}"] = question(code, number), {"questionnaires.step"}


def _sent(stage: Stage) -> tuple[Page, str]:
    page, visit_id = stage.page(ANA), stage.visit()
    page.goto(f"/visits/{visit_id}/forms/peg/1")
    for _ in range(PEG_PAGES):
        steps.answer_page(page)
    steps.press(page, "Send my answers")
    steps.heading(page, "Thank you")
    return page, visit_id


@shows("questionnaires.done")
def done(stage: Stage) -> Page:
    return _sent(stage)[0]


@shows("sent_forms.copy")
def sent_copy(stage: Stage) -> Page:
    page, visit_id = _sent(stage)
    page.goto(f"/visits/{visit_id}/forms/peg/copy")
    return page


@shows("demo.inbox")
def inbox(stage: Stage) -> Page:
    _some_mail(stage)
    return at("/demo/inbox")(stage)


@shows("demo.letter")
def letter(stage: Stage) -> Page:
    page = inbox(stage)
    page.locator("a.mail-subject").first.click()
    page.locator("iframe.mail-frame").wait_for()
    return page


def _some_mail(stage: Stage) -> None:
    page = stage.page()
    page.goto("/account/forgotten")
    steps.fill(page, "E-mail address", CRUZ.email)
    steps.press(page, "Send me the link")
    stage.program.wait_for_mail(CRUZ.email, "password")


def _day(stage: Stage) -> str:
    """The path of a Monday on which Ana has a visit."""
    earliest = utc_now() + timedelta(days=11)
    starts_at = _full_hour(earliest + timedelta(days=(7 - earliest.weekday()) % 7)).replace(hour=15)
    with stage.program.session() as session:
        if session.scalar(sa.select(Appointment.id).where(Appointment.starts_at == starts_at)) is None:
            ana = session.scalar(sa.select(Patient).where(Patient.email == ANA.email))
            make_appointment(session, ana, starts_at=starts_at)
    return f"/desk/day/{starts_at.date()}"


@shows("desk.day")
def day_columns(stage: Stage) -> Page:
    return at(_day(stage), by=DORA)(stage)


@shows("desk.day")
def day_list(stage: Stage) -> Page:
    return at(f"{_day(stage)}?view=list", by=DORA)(stage)


@shows("desk.day")
def day_of_specialist(stage: Stage) -> Page:
    return at(_day(stage), by=CRUZ)(stage)


@shows("desk.day")
def day_not_understood(stage: Stage) -> Page:
    return at("/desk/day?date=whenever", by=DORA)(stage)


@shows("desk.visit")
def desk_visit(stage: Stage) -> Page:
    return at(f"/desk/visits/{stage.visit()}", by=DORA)(stage)


@shows("desk.cancel")
def desk_cancel(stage: Stage) -> Page:
    return at(f"/desk/visits/{stage.visit()}/cancel", by=DORA)(stage)


@shows("desk.cancel")
def desk_cancel_with_errors(stage: Stage) -> Page:
    page = desk_cancel(stage)
    page.locator("#main form").get_by_role("button").last.click()
    return page


add("patients", "desk.patients", "/desk/patients", by=DORA)
add("book_for_caller", "desk.book", "/desk/book", by=DORA)
add("new_patient", "desk.describe", "/desk/book/new", by=DORA)


@shows("desk.patients")
def patients_found(stage: Stage, name: str = "alv") -> Page:
    page = stage.page(DORA)
    page.goto("/desk/patients")
    page.locator("#text").fill(name)
    page.get_by_role("button", name="Search").click()
    page.locator(".match-table").wait_for()
    return page


@shows("desk.patient")
def patient(stage: Stage) -> Page:
    """Somebody who has no visit yet, and so is free at any time."""
    with stage.program.session() as session:
        name = make_patient(session).family_name
    page = patients_found(stage, name)
    page.locator(".match-table a").first.click()
    steps.heading(page, "Al")
    return page


@shows("desk.describe")
def new_patient_with_errors(stage: Stage) -> Page:
    page = at("/desk/book/new", by=DORA)(stage)
    steps.press(page, "Choose a time")
    return page


@shows("desk.book")
def next_times(stage: Stage) -> Page:
    page = patient(stage)
    steps.follow(page, "Book a visit")
    page.locator(".numbered").wait_for()
    return page


@shows("desk.check")
def desk_check(stage: Stage) -> Page:
    page = next_times(stage)
    page.locator(".numbered-time").last.click()
    page.get_by_role("button", name="Book", exact=True).wait_for()
    return page


@shows("desk.visit")
def desk_booked(stage: Stage) -> Page:
    page = desk_check(stage)
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("Booked:").wait_for()
    return page


@shows()
def desk_taken(stage: Stage) -> Page:
    """Somebody else is quicker."""
    page = desk_check(stage)
    slot = parse_qs(urlsplit(page.url).query)["slot"][0]
    _take(stage, slot)
    page.get_by_role("button", name="Book", exact=True).click()
    steps.heading(page, "taken")
    return page


@shows("sent_forms.answers")
def answers_for_specialist(stage: Stage) -> Page:
    _, visit_id = _sent(stage)
    return at(f"/visits/{visit_id}/forms/peg/answers", by=CRUZ)(stage)
