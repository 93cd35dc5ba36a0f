"""The whole job, once, as people do it: from a new account to the visit on the scheduler's day."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.messages import MessageKind
from booking.models import Appointment, Message
from tests.live import LiveProgram, links
from tests.ui import steps
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import DORA, Person

pytestmark = [pytest.mark.ui]

NEW = Person("nora@example.org", Role.PATIENT, "Nora Quist")
TZ = ZoneInfo("America/New_York")


def test_from_a_new_account_to_the_schedulers_day(program: LiveProgram, windows: Windows) -> None:
    page = windows.open(size=PHONE)
    make_account(program, page)
    visit_id = book_first_consultation(page)
    program.wait_for_mail(NEW.email, "Your appointment on")
    steps.answer_all_forms(page, visit_id)
    let_reminder_come(program, visit_id)
    check_day_of_scheduler(program, windows.open(), visit_id)


def make_account(program: LiveProgram, page: Page) -> None:
    steps.register(page, NEW)
    letter = program.wait_for_mail(NEW.email, "confirm your e-mail")
    page.goto(next(link for link in links(letter) if "/l/" in link))
    steps.send(page, "Confirm my address")
    steps.log_in(page, NEW)


def book_first_consultation(page: Page) -> str:
    steps.choose_service(page, "First consultation")
    steps.choose_time(page)
    steps.heading(page, "About the visit")
    return steps.book(page)


def let_reminder_come(program: LiveProgram, visit_id: str) -> None:
    """A second worker lives in the days before the visit."""
    with program.session() as session:
        due_at = session.scalar(
            sa.select(Message.due_at)
            .join(Appointment, Appointment.id == Message.appointment_id)
            .where(Appointment.public_id == visit_id, Message.kind == MessageKind.REMINDER_3D)
        )
    assert due_at is not None
    program.start_worker(ahead=due_at - utc_now() + timedelta(minutes=1))
    letter = program.wait_for_mail(NEW.email, "Reminder")
    assert visit_id not in letter.text


def check_day_of_scheduler(program: LiveProgram, page: Page, visit_id: str) -> None:
    """The visit stands on its day, and its forms are there."""
    steps.log_in(page, DORA)
    with program.session() as session:
        starts_at = session.scalar(sa.select(Appointment.starts_at).where(Appointment.public_id == visit_id))
    assert starts_at is not None
    page.goto(f"/desk/day/{starts_at.astimezone(TZ).date()}")
    on_board = page.locator(f'#main a[href*="{visit_id}"]').first
    expect(on_board).to_contain_text("Quist")
    expect(on_board).to_contain_text("Forms done")
    on_board.click()
    expect(page.locator(".form-state--done").first).to_be_visible()
