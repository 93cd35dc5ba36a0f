"""`flask clinic load FILE` and `flask clinic export [FILE]`."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.clinic_files import plan_text, read_plan, write_plan
from booking.cli.start_check import ready_or_exit
from booking.core.actor import SYSTEM
from booking.core.clinic_file.mistakes import ClinicFileRefused
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clock import utc_now
from booking.core.errors import BusyDatabase, SlotTaken
from booking.core.questionnaires.library import SHIPPED
from booking.extensions import db
from booking.queries.catalogue import NoClinic, catalogue
from booking.queries.clinic_plan import stored_plan
from booking.queries.form_library import library, offered
from booking.services.clinic_loading import load_clinic
from booking.services.desk_changes import DeskChanged

clinic = AppGroup("clinic", help="Load and export the clinic file.")

EXPORT_FIRST = (
    "Write the present clinic back first (flask clinic export FILE), or load with --undo-desk-changes; "
    "nothing was loaded."
)
FILE = click.Path(path_type=Path, dir_okay=False)


def register(app: Flask) -> None:
    """Add the group."""
    app.cli.add_command(clinic)


@clinic.command()
@click.argument("file", type=FILE)
@click.option("--undo-desk-changes", is_flag=True, help="Also where the desk has changed hours since the last loading.")
def load(file: Path, undo_desk_changes: bool) -> None:
    """Make the stored clinic what FILE says: all of it, or nothing when anything in it is wrong."""
    plan = plan_or_exit(file)
    ready_or_exit()
    load_or_exit(plan, undo_desk_changes=undo_desk_changes)
    click.echo(
        f"Loaded {plan.profile.name}: {_count(plan.locations, 'location')}, {_count(plan.resources, 'resource')}, "
        f"{_count(plan.services, 'service')}."
    )


@clinic.command()
@click.argument("file", type=FILE, required=False)
def export(file: Path | None) -> None:
    """Write the stored clinic to FILE, or to the screen. Blocks that are over are left out."""
    ready_or_exit()
    plan = _stored_or_exit()
    if file is None:
        click.echo(plan_text(plan), nl=False)
        return
    try:
        write_plan(file, plan)
    except OSError as error:
        raise _failure([f"{file} cannot be written: {error.strerror}"]) from error
    click.echo(f"Wrote {plan.profile.name} to {file}.", err=True)


def plan_or_exit(file: Path) -> ClinicPlan:
    """The plan of the file; a line for each mistake and exit status 1 when there is any."""
    try:
        return read_plan(file, questionnaires=_form_codes())
    except ClinicFileRefused as refused:
        lines = [f"{file}: {mistake}" for mistake in refused.mistakes]
        raise _failure([*lines, f"{_count(lines, 'mistake')}; nothing was loaded."]) from refused
    except OSError as error:
        raise _failure([f"{file} cannot be read: {error.strerror}"]) from error


def _form_codes() -> tuple[str, ...]:
    """The forms that services may ask for; where the database cannot be asked yet, those that ship."""
    try:
        return offered(library(db.session()))
    except SQLAlchemyError:
        return SHIPPED.codes
    finally:
        db.session.remove()


def load_or_exit(plan: ClinicPlan, *, undo_desk_changes: bool = False) -> None:
    """Store the plan; a line and exit status 1 when the database refuses."""
    try:
        load_clinic(db.session(), plan, actor=SYSTEM, now=utc_now(), undo_desk_changes=undo_desk_changes)
    except DeskChanged as changed:
        raise _failure(
            [f"Changed in the browser since the last loading: {_changed_words(changed)}.", EXPORT_FIRST]
        ) from changed
    except SlotTaken as taken:
        raise _failure([f"{_clash(plan, taken)} Cancel or move it first; nothing was loaded."]) from taken
    except BusyDatabase as error:
        raise _failure(["The database is busy; nothing was loaded. Try again."]) from error


def _changed_words(changed: DeskChanged) -> str:
    details = changed.details
    hours = [f"the hours of {', '.join(details['resources'])}"] if details["resources"] else []
    parts = [", ".join(details["parts"])] if details["parts"] else []
    rest = [word for word, key in (("closed days", "closures"), ("blocks", "blocks")) if details[key]]
    return " and ".join([*parts, *hours, *rest])


def _clash(plan: ClinicPlan, taken: SlotTaken) -> str:
    """The block that met something, in the wall-clock time of where its resource works."""
    code, starts_at = taken.details["resource"], taken.details["starts_at"]
    block = next(b for b in plan.blocks if (b.resource, b.starts_at) == (code, starts_at))
    tz = _zone_of(plan, code)
    starts, ends = (at.astimezone(tz).isoformat(" ", "minutes") for at in (block.starts_at, block.ends_at))
    return f"The block of {code} from {starts} to {ends} meets a visit."


def _zone_of(plan: ClinicPlan, code: str) -> ZoneInfo:
    zones = {place.code: ZoneInfo(place.tz_name) for place in plan.locations}
    hours = next(r.weekly_hours for r in plan.resources if r.code == code)
    return zones[hours[0].location] if hours else next(iter(zones.values()))


def _stored_or_exit() -> ClinicPlan:
    session = db.session()
    try:
        return stored_plan(session, catalogue(session), blocks_from=utc_now())
    except NoClinic as error:
        raise _failure(["There is no clinic in the database yet: flask clinic load FILE."]) from error


def _count(things: Sized, word: str) -> str:
    number = len(things)
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _failure(lines: list[str]) -> SystemExit:
    """The lines on the error stream, and the exit to raise."""
    for line in lines:
        click.echo(line, err=True)
    return SystemExit(1)
