"""Ways to the pages for visitors and patients, and to the demo's inbox."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from booking.core.clock import utc_now
from booking.models import Account, LinkAction
from booking.services.kept_forms import Typed, keep
from tests.ui import steps
from tests.ui.people import ANA, CRUZ, DORA, Person
from tests.ui.stage import Stage
from tests.ui.ways import SHOWN, WAYS, Way, add, at, shows

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
add("own_data", "privacy.own", "/account/data/", by=ANA)
add("sessions", "sessions.sessions", "/account/sessions/", by=ANA)
add("staff_sessions", "sessions.sessions", "/account/sessions/", by=DORA)
add("nothing_kept", "kept.kept", "/account/kept", by=ANA)
add("dead_link", "links.open_link", "/l/" + "A" * 43)
add("logins", "demo.logins", "/demo/logins")


@shows("kept.kept")
def kept(stage: Stage) -> Page:
    """Something was sent when the login had run out."""
    with stage.program.session() as session:
        account_id = session.scalar(sa.select(Account.id).where(Account.email_key == DORA.email))
        session.rollback()
        typed = Typed("/desk/patients", (("", "text", "Alvarez"),), is_sent=True)
        keep(session, account_id=account_id, typed=typed, now=utc_now())
    return at("/account/kept", by=DORA)(stage)


def with_errors(path: str, button: str) -> Way:
    """A form that is sent empty."""

    def go(stage: Stage) -> Page:
        page = stage.page()
        page.goto(path)
        steps.send(page, button)
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
    steps.send(page, "Continue")
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
    steps.later_week(page)
    stage.take(page.locator("button.slot").first.get_attribute("value") or "")
    page.locator("button.slot").first.click()
    steps.heading(page, "taken")
    return page


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


@shows("visits.visit")
def visit_by_video(stage: Stage) -> Page:
    return at(f"/visits/{stage.video_visit()}", by=ANA)(stage)


@shows("visits.change")
def change(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/change", by=ANA)(stage)


@shows("visits.check_change")
def check_change(stage: Stage) -> Page:
    page = change(stage)
    page.locator("button.slot").first.click()
    steps.heading(page, "Move your visit?")
    return page


@shows("visits.changed")
def changed(stage: Stage) -> Page:
    page = check_change(stage)
    steps.press(page, "Move my visit")
    steps.heading(page, "Your visit is moved")
    return page


@shows("visits.cancel")
def cancel(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/cancel", by=ANA)(stage)


@shows("visits.cancel")
def cancel_too_late(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit(is_soon=True)}/cancel", by=ANA)(stage)


@shows("visits.cancelled")
def cancelled(stage: Stage) -> Page:
    page = cancel(stage)
    steps.press(page, "Cancel this appointment")
    steps.heading(page, "canceled")
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
    steps.send(page, "Send my answers")
    return page


def question(code: str, number: int) -> Way:
    return lambda stage: at(f"/visits/{stage.visit()}/forms/{code}/{number}", by=ANA)(stage)


# One page of each kind: tiles, several questions, words, ticks, the body map, a scale. Others appear after an answer.
KINDS = {"intake": (1, 3, 4, 5, 7, 14, 16), "peg": (1,)}
PEG_PAGES = 3
for code, numbers in KINDS.items():
    for number in numbers:
        WAYS[f"{code}_{number}"], SHOWN[f"{code}_{number}"] = question(code, number), {"questionnaires.step"}


@shows("questionnaires.step")
def lists_in_rows(stage: Stage) -> Page:
    page = question("intake", 11)(stage)
    steps.answer_page(page)
    page.wait_for_url("**/intake/12")
    page.locator(".rows-add").first.click()
    expect(page.locator("[name=a_medicines]")).to_have_count(6)
    return page


@shows("questionnaires.step")
def where_it_is_worst(stage: Stage) -> Page:
    page = question("intake", 14)(stage)
    for area in ("Left hand", "Right knee"):
        page.get_by_label(area).check()
    steps.send(page, "Continue")
    return page


@shows("questionnaires.step")
def declined(stage: Stage) -> Page:
    page = question("intake", 4)(stage)
    address = page.url
    steps.send(page, "I prefer not to say")
    page.goto(address)
    return page


def sent_form(stage: Stage) -> tuple[Page, str]:
    page, visit_id = stage.page(ANA), stage.visit()
    page.goto(f"/visits/{visit_id}/forms/peg/1")
    for _ in range(PEG_PAGES):
        with page.expect_navigation():
            steps.answer_page(page)
    steps.press(page, "Send my answers")
    steps.heading(page, "Thank you")
    return page, visit_id


@shows("questionnaires.done")
def done(stage: Stage) -> Page:
    return sent_form(stage)[0]


@shows("sent_forms.copy")
def sent_copy(stage: Stage) -> Page:
    page, visit_id = sent_form(stage)
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
    steps.send(page, "Send me the link")
    stage.program.wait_for_mail(CRUZ.email, "password")


@shows("privacy.ask_erasure")
def ask_erasure(stage: Stage) -> Page:
    page = stage.page(ANA)
    page.goto("/account/data/")
    steps.go_on(page, f"Erase the data of {ANA.name}")
    return page
