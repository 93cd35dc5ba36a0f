"""Texts to sign and forms of the clinic's own, for the routes that are about one."""

from __future__ import annotations

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.questionnaires.editing import Kind, Words, with_item
from booking.models import (
    ConsentKind,
    ConsentText,
)
from booking.models.base import new_public_id
from booking.services.own_forms import Statement, change_draft, make_form, publish_form
from tests.house.cast import (
    ANA,
    BEN,
    CORA,
    FAY,
    Example,
    World,
)


def _text(world: World) -> str:
    """A text to agree to, published."""
    world.session.rollback()
    text = ConsentText(
        code=f"privacy-{next(world.hours)}", version=1, language="en", kind=ConsentKind.PRIVACY, title="⟦Privacy⟧",
        body="⟦We keep it.⟧", published_at=utc_now(),
    )  # fmt: skip
    world.session.add(text)
    world.session.commit()
    return text.public_id


def a_text_to_sign(world: World) -> list[Example]:
    """Whoever acts for a patient may read and sign it."""
    return [Example(_text(world), new_public_id(), frozenset({ANA, BEN, CORA}))]


def a_text_of_the_clinic(world: World) -> list[Example]:
    return [Example(_text(world), new_public_id(), frozenset({FAY}))]


def a_draft_of_a_form(world: World) -> list[Example]:
    """Made here, with one question; its words are marked already."""
    return [Example(_drafted(world), new_public_id(), frozenset({FAY}))]


def _drafted(world: World) -> str:
    world.session.rollback()
    fay, now = Actor(world.accounts[FAY].id, Role.ADMINISTRATOR), utc_now()
    made = make_form(world.session, actor=fay, title="⟦Why⟧", copyright_line="⟦Nobody⟧", now=now)
    asked = Words(Kind.LINE, "⟦Why⟧")
    change_draft(world.session, actor=fay, public_id=made, seen=1, change=lambda data: with_item(data, asked), now=now)
    return made


def a_form_in_use(world: World) -> list[Example]:
    """The same, published."""
    made, fay = _drafted(world), Actor(world.accounts[FAY].id, Role.ADMINISTRATOR)
    publish_form(
        world.session, actor=fay, public_id=made, seen=2, statement=Statement(asks_about_harm=False), now=utc_now()
    )
    return [Example(made, new_public_id(), frozenset({FAY}))]
