"""Ways to the pages of texts to agree to, and of forms that are missing."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from booking.models import ConsentKind, ConsentText, Patient
from tests.factories import NOW
from tests.ui import steps
from tests.ui.people import ANA, DORA, FAY
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

add("a_new_text", "administration.add_consent_text", "/admin/consent-texts/add", by=FAY)


def _text(stage: Stage) -> str:
    """The public id of a published text."""
    with stage.program.session() as session:
        found = session.scalar(sa.select(ConsentText.public_id).where(ConsentText.code == "privacy"))
        if found is None:
            text = ConsentText(
                code="privacy", version=1, language="en", kind=ConsentKind.PRIVACY, title="How we keep it",
                body="We keep it safely.\n\nYou can take this back.", published_at=NOW,
            )  # fmt: skip
            session.add(text)
            session.commit()
            found = text.public_id
        return found


@shows("consents.index")
def what_i_agree_to(stage: Stage) -> Page:
    _text(stage)
    return at("/account/consents/", by=ANA)(stage)


@shows("consents.text")
def a_text_without_a_name(stage: Stage) -> Page:
    page = at(f"/account/consents/{_text(stage)}", by=ANA)(stage)
    steps.press(page, "I have read this and agree")
    expect(page.locator("#error-summary")).to_be_visible()
    return page


@shows("desk.consents")
def what_a_patient_agrees_to(stage: Stage) -> Page:
    _text(stage)
    with stage.program.session() as session:
        public_id = session.scalars(sa.select(Patient.public_id).where(Patient.email == ANA.email)).one()
    return at(f"/desk/patients/{public_id}/consents", by=DORA)(stage)


@shows("administration.texts_of_consents")
def texts(stage: Stage) -> Page:
    _text(stage)
    return at("/admin/consent-texts", by=FAY)(stage)


@shows("administration.consent_text")
def a_text(stage: Stage) -> Page:
    return at(f"/admin/consent-texts/{_text(stage)}", by=FAY)(stage)


@shows("desk.forms")
def missing_forms(stage: Stage) -> Page:
    stage.visit()
    return at("/desk/forms", by=DORA)(stage)
