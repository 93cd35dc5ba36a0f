"""Windows of the cast on the running program, and the objects that pages are about."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.scheduling.clinic import VisitMode
from booking.models import (
    Account,
    Appointment,
    Clinic,
    LinkAction,
    LinkToken,
    Patient,
    Reservation,
    Resource,
    Service,
)
from booking.queries.catalogue import catalogue
from booking.services import sessions
from booking.services.appointments import PatientDetails, VisitDetails, book_at_desk
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import make_appointment, make_offer
from tests.live import LiveProgram
from tests.ui.people import ANA, Person
from tests.web.mail_links import a_free_start, mailed_link, offer_link

VISITOR = "visitor"
SESSION_COOKIE = "respite_session"
LATER = timedelta(days=20)
HOUR = timedelta(hours=1)
BY_VIDEO = 3
# No two visits of a test run begin at the same hour, whoever asks for them.
HOURS, SOON = count(1), count(3)
# Full hours at which the clinic is open on a Wednesday, counted from nine.
OPEN_HOURS = (0, 1, 2, 4, 5, 6)


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

    def visit(self, *, is_soon: bool = False) -> str:
        """The id of a new visit of Ana's; one that is soon can no longer be cancelled."""
        with self.program.session() as session:
            ana = session.scalars(sa.select(Patient).where(Patient.email == ANA.email)).one()
            starts_at = next(filter(lambda hour: is_free(session, hour, ana), hours(is_soon=is_soon)))
            made: Appointment = make_appointment(session, ana, starts_at=starts_at)
            return made.public_id

    def video_visit(self) -> str:
        """The id of a visit of Ana's by video that begins soon, with Dr Adeyemi in a room of his own; made once."""
        with self.program.session() as session:
            made: Appointment | None = session.scalar(sa.select(Appointment).where(Appointment.service_id == BY_VIDEO))
            if made is None:
                session.get_one(Service, BY_VIDEO).mode = VisitMode.VIDEO
                session.get_one(Resource, 2).video_url = "https://video.example.org/dr-adeyemi"
                session.query(Clinic).update({Clinic.revision: Clinic.revision + 1})
                ana = session.scalar(sa.select(Patient).where(Patient.email == ANA.email))
                starts_at = utc_now().replace(second=0, microsecond=0) + timedelta(minutes=10)
                made = make_appointment(
                    session, ana, starts_at=starts_at, ends_at=starts_at + HOUR, service_id=BY_VIDEO, specialist_id=2
                )
            return made.public_id

    def visit_link(self, public_id: str, action: LinkAction) -> str:
        """The path of a link to that visit as it is mailed to its patient."""
        with self.program.session() as session:
            visit = session.scalars(sa.select(Appointment).where(Appointment.public_id == public_id)).one()
            return mailed_link(session, visit, action)

    def offer_link(self, *, is_over: bool = False) -> str:
        """The path of the link to a new offer to Ana in place of a new visit; one that is over opens no page."""
        public_id, now = self.visit(), utc_now()
        with self.program.session() as session:
            ana = session.scalars(sa.select(Patient).where(Patient.email == ANA.email)).one()
            visit = session.scalars(sa.select(Appointment).where(Appointment.public_id == public_id)).one()
            starts_at = next(filter(lambda hour: is_free(session, hour, ana, margin=HOUR), offered_hours()))
            times = {"made_at": now, "expires_at": now + timedelta(hours=2), "starts_at": starts_at}
            offer = make_offer(session, ana, visit=visit, **times)
            link = offer_link(session, offer, ana)
            if is_over:
                session.execute(sa.update(LinkToken).where(LinkToken.offer_id == offer.id).values(expires_at=now))
                session.commit()
        return link

    def take(self, slot: str) -> None:
        """Give the time of a button to somebody else, with whoever the button names."""
        service, location, _, specialist, start = slot.split("~")
        with self.program.session() as session:
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


def full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def hours(*, is_soon: bool) -> Iterator[datetime]:
    """Full hours that nobody has asked for yet."""
    while True:
        yield full_hour(utc_now() + (timedelta(hours=next(SOON)) if is_soon else LATER + timedelta(hours=next(HOURS))))


def offered_hours() -> Iterator[datetime]:
    """Full hours at which Dr Cruz can be offered, on the next Wednesdays."""
    for week in count():
        for hour in OPEN_HOURS:
            yield a_free_start() + timedelta(weeks=week, hours=hour)


def is_free(session: Session, starts_at: datetime, patient: Patient, *, margin: timedelta = timedelta(0)) -> bool:
    """Whether nothing is in the way of a visit then: the pages that were looked at before book and move visits too."""
    taken = sa.select(Reservation.id).where(
        Reservation.starts_at < starts_at + HOUR + margin,
        Reservation.ends_at > starts_at - margin,
        sa.or_(Reservation.resource_id.in_((1, 4)), Reservation.patient_id == patient.id),
    )
    return session.scalar(taken.limit(1)) is None
