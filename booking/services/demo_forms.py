"""The demo clinic's own form, as its administrator would have made it in the editor; a service asks for it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.editing import Kind, Words, conditions_from, with_item
from booking.core.questionnaires.own_forms import approved, new_form, with_head
from booking.models import (
    Clinic,
    DefinitionSource,
    DefinitionState,
    QuestionnaireDefinition,
    Service,
    new_public_id,
)
from booking.services.clinic import new_revision

SERVICE: Final = "consultation-followup"
TITLE: Final = "Getting here and comfort"
WAYS: Final = ("By car", "By bus or train", "With a driver or taxi", "On foot")
COMFORTS: Final = ("A chair with arms", "Lying down", "Low light", "Nothing special")


def add_own_form(session: Session, *, now: datetime) -> None:
    """Add the published form to the open transaction, and let the follow-up consultation ask for it."""
    data = demo_form(now)
    session.add(
        QuestionnaireDefinition(
            public_id=new_public_id(),
            code=data["id"],
            version=data["version"],
            language="en",
            source=DefinitionSource.MADE,
            state=DefinitionState.PUBLISHED,
            definition=json.dumps(data),
            changed_at=now,
            published_at=now,
        )
    )
    service = session.scalars(sa.select(Service).where(Service.code == SERVICE)).one_or_none()
    if service is not None:
        service.questionnaires = [*service.questionnaires, data["id"]]
    session.execute(sa.update(Clinic).values(revision=new_revision()))


def demo_form(now: datetime) -> dict[str, Any]:
    """Three questions; the second is asked only of those who do not walk."""
    data = new_form(TITLE, taken=(), copyright_line="Own wording of the clinic.")
    data = with_head(data, title=TITLE, description="So that your way here, and your time with us, are comfortable.")
    data = with_item(data, Words(Kind.ONE, "How will you travel to us?", options=WAYS))
    travel = data["item"][0]["linkId"]
    rides = conditions_from(data, [(travel, "!=", "on-foot")])
    data = with_item(
        data, Words(Kind.SCALE, "How hard is the way here for you?", low="Easy", high="Very hard", conditions=rides)
    )
    return approved(
        with_item(data, Words(Kind.SEVERAL, "What makes you comfortable during the visit?", options=COMFORTS)),
        now.date(),
    )
