"""Texts that wait to be signed, beside the forms of a visit."""

from __future__ import annotations

from booking.models import ConsentKind
from booking.queries.consents import ConsentLine
from booking.web import access
from booking.web.consents.views import lines_of


def open_consents(patient_id: int) -> list[ConsentLine]:
    """Those that the patient, or who acts for them, has not signed; [] for whoever is not logged in as such. Texts
    about messages wait on the account's page alone: nothing depends on them here."""
    if patient_id not in access.actor().patient_ids:
        return []
    return [line for line in lines_of(patient_id) if not line.state.holds and line.kind is not ConsentKind.CHANNEL]
