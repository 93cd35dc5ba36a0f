"""Another room at the same time: who may give it, and what the block around the old one gets."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.models import Patient
from booking.services.reseating import use_other_resources
from tests.factories import NOW, make_appointment
from tests.services.cast import ELI, acting_for


def test_only_staff_of_the_location_give_another_room(session: Session) -> None:
    visit = make_appointment(session)
    patient = session.get_one(Patient, visit.patient_id)
    public_id = visit.public_id
    for actor in (ELI, acting_for(patient)):
        with pytest.raises(NotFound):
            use_other_resources(session, actor=actor, public_id=public_id, now=NOW)
