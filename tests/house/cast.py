"""The cast with which every route is driven: who they are, what they have, and what an example of an address is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import (
    Account,
    AccountPatient,
    Appointment,
    Patient,
    Relation,
)
from booking.web.access_table import VISITOR
from tests.factories import make_account, make_appointment, make_patient

ANA, BEN, DORA, ELI, CRUZ, ADEYEMI, FAY = "ana", "ben", "dora", "eli", "dr-cruz", "dr-adeyemi", "fay"
# Cora acts for Ana's patient as a carer; Edgar did so until yesterday; Kim is a nurse of Northside.
CORA, EDGAR, KIM = "cora", "edgar", "kim"
CAST = (VISITOR, ANA, BEN, CORA, EDGAR, DORA, ELI, CRUZ, ADEYEMI, KIM, FAY)
EVERYBODY = frozenset(CAST)
PUBLIC_CAST = frozenset({VISITOR, ANA, BEN, CORA, EDGAR})
# Ana's visit is with Dr Cruz at Northside, where Dora works; Eli works at Lakeview; Fay works everywhere.
SEE_THE_VISIT = frozenset({ANA, CORA, DORA, CRUZ, KIM, FAY})
# Ben's is with Dr Lind at Lakeview.
SEE_THE_OTHER_VISIT = frozenset({BEN, ELI, FAY})
SEE_THE_PATIENT = frozenset({ANA, CORA, DORA, ELI, FAY})
SEE_THE_CALENDAR = frozenset({DORA, FAY})
# Their words are marked already, where the pages are looked through for sentences that nobody can translate.
SOMEBODY = {"given_name": "⟦Mia⟧", "family_name": "⟦Moore⟧"}


@dataclass(frozen=True, slots=True)
class Example:
    """One value for a parameter of an address."""

    value: str
    missing: str
    seen_by: frozenset[str] = EVERYBODY


@dataclass
class World:
    """Everybody's account, and Ana's patient. Visits are made as they are asked for, each at a time of its own."""

    session: Session
    ana_patient: Patient = field(init=False)
    ben_patient: Patient = field(init=False)
    accounts: dict[str, Account] = field(init=False)
    hours: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        session = self.session
        self.ana_patient = make_patient(session)
        self.ben_patient = make_patient(session, given_name="Ben")
        self.accounts = {
            ANA: make_account(session, patients=(self.ana_patient,)),
            BEN: make_account(session, patients=(self.ben_patient,)),
            CORA: make_account(session, patients=(self.ana_patient,)),
            EDGAR: make_account(session, patients=(self.ana_patient,)),
            KIM: make_account(session, Role.NURSE, location_ids=(1,), resource_id=7),
            DORA: make_account(session, Role.SCHEDULER, location_ids=(1,)),
            ELI: make_account(session, Role.SCHEDULER, location_ids=(2,)),
            CRUZ: make_account(session, Role.SPECIALIST, resource_id=1),
            ADEYEMI: make_account(session, Role.SPECIALIST, resource_id=2),
            FAY: make_account(session, Role.ADMINISTRATOR),
        }
        self.make_carer(CORA, ends_at=None)
        self.make_carer(EDGAR, ends_at=utc_now() - timedelta(days=1))

    def make_carer(self, name: str, *, ends_at: datetime | None) -> None:
        """That member of the cast acts for the patient as somebody else, to whom no answers were opened."""
        rights = sa.update(AccountPatient).where(AccountPatient.account_id == self.accounts[name].id)
        self.session.execute(rights.values(relation=Relation.CARER, sees_answers=False, ends_at=ends_at))
        self.session.commit()

    def role(self, name: str) -> str:
        """The word of the access table for that member of the cast."""
        return VISITOR if name == VISITOR else self.accounts[name].role.value

    def visit(self) -> Appointment:
        """A visit of Ana's with Dr Cruz at Northside, some days from now."""
        # An open read of before the last request could not become a write on SQLite.
        self.session.rollback()
        return make_appointment(self.session, self.ana_patient, starts_at=self.free_start())

    def visit_elsewhere(self) -> Appointment:
        """A visit of Ben's with Dr Lind at Lakeview, some days from now."""
        self.session.rollback()
        places = {"location_id": 2, "specialist_id": 3}
        return make_appointment(self.session, self.ben_patient, starts_at=self.free_start(), **places)

    def free_start(self) -> datetime:
        """A full hour that no other visit of this world has."""
        tonight = utc_now().replace(minute=0, second=0, microsecond=0)
        return tonight + timedelta(days=10, hours=next(self.hours))
