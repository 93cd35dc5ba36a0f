"""`flask --app wsgi slots`: what the engine offers to a patient, one line for each slot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import with_appcontext

from booking.cli.explanations import print_explanation
from booking.cli.parameters import Instant
from booking.cli.slot_filters import wish_options
from booking.core.clock import utc_now
from booking.core.scheduling.allocation import Placement
from booking.core.scheduling.clinic import Catalogue, ResourceKind, VisitMode
from booking.core.scheduling.slots import SlotQuery
from booking.core.scheduling.wishes import Wishes
from booking.extensions import db
from booking.queries.catalogue import NoClinic, catalogue
from booking.services.explaining import explain_slots
from booking.services.placing import placed_slots

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


@click.command("slots")
@click.option("--service", "service_codes", multiple=True, help="Code of a service, repeatable; without it, all.")
@click.option("--mode", type=click.Choice([mode.value for mode in VisitMode]), help="Only services of this mode.")
@click.option("--specialist", "specialist_code", help="Code of a specialist; without it, all of them.")
@click.option("--from", "first_on", type=_Date(), required=True, help="First local date of the starts.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), required=True, help="How many local dates.")
@click.option("--first", "count", type=click.IntRange(1), help="Only the next so many; the search stops with them.")
@click.option("--verified", "is_verified", is_flag=True, help="As a patient with a verified account.")
@wish_options
@click.option("--now", type=Instant(), help="Pretend that it is this instant; notice and horizon count from it.")
@click.option("--explain", "is_explained", is_flag=True, help="Say for each day which rules removed what.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each slot, or for each day explained.")
@with_appcontext
def slots(
    service_codes: tuple[str, ...],
    mode: str | None,
    specialist_code: str | None,
    first_on: date,
    days: int,
    count: int | None,
    is_verified: bool,
    wishes: Wishes,
    now: datetime | None,
    is_explained: bool,
    as_json: bool,
) -> None:
    """Print what the engine offers to a patient: one line for each start, specialist and location, or why not."""
    clinic = _clinic()
    last_on = first_on + timedelta(days=days - 1)
    specialist_ids = _specialist_ids(clinic, specialist_code)
    asked_at = now or utc_now()
    queries = [
        SlotQuery(id_, None, specialist_ids, first_on, last_on, asked_at, is_verified=is_verified, wishes=wishes)
        for id_ in _service_ids(clinic, service_codes, mode)
    ]
    if is_explained:
        _explain(clinic, queries, as_json=as_json)
        return
    for placement in placed_slots(db.session(), queries, count=count):
        line = _described(clinic, placement, has_service=len(service_codes) != 1)
        click.echo(json.dumps(line) if as_json else _for_people(line))


def _explain(clinic: Catalogue, queries: Sequence[SlotQuery], *, as_json: bool) -> None:
    if len(queries) != 1:
        raise click.UsageError("--explain is about one service: name it with --service.")
    print_explanation(clinic, explain_slots(db.session(), queries[0]), as_json=as_json)


def _service_ids(clinic: Catalogue, codes: Sequence[str], mode: str | None) -> list[int]:
    """Ids of the named services, or of all, once each; of the mode, if one is asked for."""
    named = [_by_code(clinic.service_by_code, code, "service") for code in dict.fromkeys(codes)]
    asked = named or clinic.services.values()
    return [service.id for service in asked if mode is None or service.mode == mode]


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


def _described(clinic: Catalogue, placement: Placement, *, has_service: bool) -> dict[str, Any]:
    """The slot with the codes of the resources that it would be given now, the specialist first.

    The service is named where it was not the one that was asked for.
    """
    slot = placement.slot
    ids = sorted({a.resource_id for a in placement.allocations}, key=lambda i: (i != slot.specialist_id, i))
    return {
        "starts_at": _utc(slot.starts_at),
        "ends_at": _utc(slot.ends_at),
        "local": slot.starts_at.astimezone(clinic.locations[slot.location_id].tz).isoformat(timespec="minutes"),
        "resources": [clinic.resources[resource_id].code for resource_id in ids],
        **({"service": clinic.services[slot.service_id].code} if has_service else {}),
    }


def _for_people(described: Mapping[str, Any]) -> str:
    service = [described["service"]] if "service" in described else []
    return " ".join([described["local"], "", *service, *described["resources"]])


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
