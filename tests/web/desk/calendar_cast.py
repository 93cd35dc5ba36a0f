"""What the tests of calendars at the desk share: their addresses, blocks, and how a form is sent."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.intervals import to_minutes
from booking.models import (
    Appointment,
    Block,
    BlockKind,
    Resource,
)
from booking.services import blocks
from booking.services.blocks import BlockDetails
from booking.services.transaction import transaction
from booking.web.desk import calendars, change_flow, hours
from tests.factories import NEXT_MONDAY_9, NOW
from tests.services.cast import DORA
from tests.web.desk.desk_cast import freeze, nonce_in

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
WEEK_HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "9-12, 13-17")


def freeze_calendars(monkeypatch: pytest.MonkeyPatch) -> None:
    """All clocks of the desk stand at Monday 8:00 in New York."""
    freeze(monkeypatch)
    for module in (calendars, hours, change_flow):
        monkeypatch.setattr(module, "utc_now", lambda: NOW)


def path(session: Session, resource_id: int = 1) -> str:
    session.rollback()
    public_id = session.scalars(sa.select(Resource.public_id).where(Resource.id == resource_id)).one()
    # An open read could not become a write on SQLite.
    session.rollback()
    return f"/desk/calendars/{public_id}"


def add_blocks(session: Session, *times: tuple[Any, Any], label: str = "Leave", resource_id: int = 1) -> list[str]:
    """Blocks of Dr Cruz, several as a series; their public ids."""
    spans = tuple((to_minutes(starts), to_minutes(ends)) for starts, ends in times)
    with transaction(session):
        rows = blocks.add_blocks(
            session, BlockChange(resource_id, spans), BlockDetails(BlockKind.LEAVE, label), actor=DORA, now=NOW
        )
        return [row.public_id for row in rows]


def week_of_leave(session: Session, **more: Any) -> str:
    midnight = NEXT_MONDAY_9 - 9 * HOUR
    [public_id] = add_blocks(session, (midnight, midnight + 5 * DAY), **more)
    return public_id


def weekly(session: Session, **more: Any) -> list[str]:
    return add_blocks(session, *((NEXT_MONDAY_9 + n * WEEK, NEXT_MONDAY_9 + HOUR + n * WEEK) for n in range(3)), **more)


def all_blocks(session: Session) -> list[Block]:
    session.rollback()
    return list(session.scalars(sa.select(Block).order_by(Block.starts_at)))


def send(client: FlaskClient, url: str, *, page: str = "", **data: str) -> TestResponse:
    """The form at `url`, or with `page` the fields that are hidden in it, with what is chosen."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields = {name: html.unescape(value) for name, value in hidden.items()} or {"nonce": nonce_in(client.get(url).text)}
    return client.post(url, data={**fields, **data})


def leave(client: FlaskClient, session: Session, **data: str) -> TestResponse:
    """Leave of Dr Cruz next Monday."""
    return send(client, f"{path(session)}/leave", **{"first_on": "30.11.", "kind": "leave", **data})


def save(client: FlaskClient, url: str, preview: TestResponse, **data: str) -> TestResponse:
    return send(client, url, page=preview.text, step="save", **data)


def options(page: str) -> list[str]:
    """Values of the radio buttons about visits."""
    return [html.unescape(value) for value in re.findall(r'name="visit-[^"]+" type="radio" value="([^"]+)"', page)]


def choice(visit: Appointment, value: str) -> dict[str, str]:
    return {f"visit-{visit.public_id}": value}
