"""Fills the demo clinic with invented people, visits, answers and logins, around today, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.demo_people import demo_patients
from booking.core.demo_visits import demo_visits
from booking.core.messages import MessageState
from booking.models import Message, Patient
from booking.queries.catalogue import catalogue
from booking.queries.clinic_plan import stored_plan
from booking.queries.demo import FILLED, has_patients
from booking.services import audit
from booking.services.demo_answers import add_answers
from booking.services.demo_blocks import add_demo_blocks
from booking.services.demo_calendar import DemoCalendar, Wanted
from booking.services.demo_consents import add_consents
from booking.services.demo_forms import add_own_form
from booking.services.demo_history import add_history, review_past
from booking.services.demo_login_forms import add_forms_of_login
from booking.services.demo_logins import add_logins, add_visits_of_login
from booking.services.demo_waiting import add_waiting
from booking.services.demo_work import add_work
from booking.services.offering import offer_freed_times
from booking.services.passwords import hash_password
from booking.services.patients import create_patient
from booking.services.transaction import transaction

KNOWN_FOR = timedelta(days=60)
"""How long ago the clinic got to know its patients."""


class NotEmpty(Exception):
    """The database has patients already; invented ones must never be mixed with them."""


def fill_demo(
    session: Session,
    *,
    password: str,
    now: datetime,
    days: int = 21,
    load: float = 0.6,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Add everything that gives the screens life; the number of visits. `tell` gets (done, of) from time to time.

    Visits lie from `days` before to `days` after today and fill about `load` of the hours. Nothing is left behind when
    it fails. Raises NotEmpty, NoClinic, and BusyDatabase.
    """
    password_hash = hash_password(password)
    with transaction(session):
        if has_patients(session):
            raise NotEmpty
        calendar = DemoCalendar(session, now=now, days=days)
        add_demo_blocks(session, calendar.clinic, now=now)
        login = add_logins(session, calendar.clinic, password_hash=password_hash, now=now)
        add_visits_of_login(calendar, login)
        count = _fill_calendar(calendar, _people(session, now), load, tell)
        add_history(calendar)
        add_forms_of_login(calendar, login.own)
        add_answers(session, calendar.clinic, now=now)
        review_past(calendar)
        add_work(session, calendar.clinic, now=now)
        add_waiting(calendar, login.own)
        add_own_form(session, now=now)
        add_consents(session, login.own, now=now)
        _settle_past_messages(session, now)
        audit.record(session, SYSTEM, FILLED, "clinic", 1, now=now)
    offer_freed_times(session, now=now)
    return count


def _people(session: Session, now: datetime) -> list[Patient]:
    known_since = now - KNOWN_FOR
    patients = [
        create_patient(
            session,
            given_name=person.given_name,
            family_name=person.family_name,
            born_on=person.born_on,
            phone=person.phone,
            email=person.email,
            now=known_since,
        )
        for person in demo_patients()
    ]
    for patient in patients:
        patient.email_verified_at = known_since if patient.email else None
    session.flush()
    return patients


def _fill_calendar(
    calendar: DemoCalendar, patients: Sequence[Patient], load: float, tell: Callable[[int, int], None]
) -> int:
    session = calendar.session
    plan = stored_plan(session, catalogue(session), blocks_from=calendar.now)
    wishes = demo_visits(plan, calendar.today, days=calendar.days, load=load)
    booked = 0
    for done, wish in enumerate(wishes):
        if done % 50 == 0:
            tell(done, len(wishes))
        visit = calendar.add(Wanted.from_wish(calendar.clinic, wish), patients[wish.patient_index], fate=wish.fate)
        booked += visit is not None
    tell(len(wishes), len(wishes))
    return booked


def _settle_past_messages(session: Session, now: datetime) -> None:
    """What would have been sent by now counts as sent: nobody is written to about the invented past."""
    session.flush()
    session.execute(
        sa.update(Message)
        .where(Message.state == MessageState.PENDING, Message.due_at < now)
        .values(state=MessageState.SENT, settled_at=Message.due_at, attempts=1)
        .execution_options(synchronize_session=False)
    )
