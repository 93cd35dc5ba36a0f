"""`flask --app wsgi slots`: what the engine offers to a patient, one line for each slot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import with_appcontext

from booking.cli.explanations import print_explanation
from booking.core.clock import utc_now
from booking.core.scheduling.allocation import Placement
from booking.core.scheduling.clinic import Catalogue, ResourceKind
from booking.core.scheduling.slots import SlotQuery
from booking.extensions import db
from booking.queries.catalogue import NoClinic, catalogue
from booking.services.availability import placed_slots
from booking.services.explaining import explain_slots

MOST_DAYS = 366

Found = TypeVar("Found")


def register(app: Flask) -> None:
    """Add the command to the program."""
    app.cli.add_command(slots)


class _Date(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-12-01.", param, ctx)


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant like 2026-12-01T14:00Z.", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{value!r} names no zone: write 2026-12-01T14:00Z or 2026-12-01T09:00-05:00.", param, ctx)
        return instant.astimezone(UTC)


@click.command("slots")
@click.option("--service", "service_code", required=True, help="Code of the service.")
@click.option("--specialist", "specialist_code", help="Code of a specialist; without it, all of them.")
@click.option("--from", "first_on", type=_Date(), required=True, help="First local date of the starts.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), required=True, help="How many local dates.")
@click.option("--now", type=_Instant(), help="Pretend that it is this instant; notice and horizon count from it.")
@click.option("--explain", "is_explained", is_flag=True, help="Say for each day which rules removed what.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each slot, or for each day explained.")
@with_appcontext
def slots(
    service_code: str,
    specialist_code: str | None,
    first_on: date,
    days: int,
    now: datetime | None,
    is_explained: bool,
    as_json: bool,
) -> None:
    """Print what the engine offers to a patient: one line for each start, specialist and location, or why not."""
    clinic = _clinic()
    query = SlotQuery(
        service_id=_by_code(clinic.service_by_code, service_code, "service").id,
        location_ids=None,
        specialist_ids=_specialist_ids(clinic, specialist_code),
        first_on=first_on,
        last_on=first_on + timedelta(days=days - 1),
        now=now or utc_now(),
    )
    if is_explained:
        print_explanation(clinic, explain_slots(db.session(), query), as_json=as_json)
        return
    for placement in placed_slots(db.session(), query):
        line = _described(clinic, placement)
        click.echo(json.dumps(line) if as_json else f"{line['local']}  {' '.join(line['resources'])}")


def _clinic() -> Catalogue:
    try:
        return catalogue(db.session())
    except NoClinic:
        raise click.ClickException("There is no clinic in the database yet: run `clinic load` first.") from None


def _specialist_ids(clinic: Catalogue, code: str | None) -> frozenset[int] | None:
    if code is None:
        return None
    specialists = {r.code: r for r in clinic.resources.values() if r.kind is ResourceKind.SPECIALIST}
    return frozenset({_by_code(specialists, code, "specialist").id})


def _by_code(known: Mapping[str, Found], code: str, kind: str) -> Found:
    found = known.get(code)
    if found is None:
        raise click.ClickException(f"There is no {kind} {code!r}. Known: {', '.join(sorted(known))}.")
    return found


def _described(clinic: Catalogue, placement: Placement) -> dict[str, Any]:
    """The slot with the codes of the resources that it would be given now, the specialist first."""
    slot = placement.slot
    ids = sorted({a.resource_id for a in placement.allocations}, key=lambda i: (i != slot.specialist_id, i))
    return {
        "starts_at": _utc(slot.starts_at),
        "ends_at": _utc(slot.ends_at),
        "local": slot.starts_at.astimezone(clinic.locations[slot.location_id].tz).isoformat(timespec="minutes"),
        "resources": [clinic.resources[resource_id].code for resource_id in ids],
    }


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
