"""From the text of a clinic file to a plan, or to the list of everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence

from booking.core.clinic_file.feasible import Crews, check_pools, check_services, check_specialists, crews
from booking.core.clinic_file.findings import Findings
from booking.core.clinic_file.lines import key_lines
from booking.core.clinic_file.mistakes import ClinicFileRefused, Mistake, Path
from booking.core.clinic_file.places import read_closure, read_location, read_profile, zones_of
from booking.core.clinic_file.plan import ClinicPlan, ServicePlan
from booking.core.clinic_file.resources import read_block, read_resource
from booking.core.clinic_file.services import read_service
from booking.core.clinic_file.table import Table
from booking.core.scheduling.clinic import ClinicProfile

FORMAT = 1
MOST_DOTS = 1000
"""In one line: far more than prose has, and few enough to be parsed at once if they are keys."""

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_NO_PROFILE = ClinicProfile("", "", "", "", "", "")


def read_clinic_file(text: str, *, questionnaires: Collection[str]) -> ClinicPlan:
    """The plan that a clinic file describes; `questionnaires` are the codes that services may require.

    Raises ClinicFileRefused with all mistakes, in the order of the file. Source: docs/clinic-file.md."""
    # Editors on Windows put a byte order mark before the text, which TOML does not know.
    values, lines = _parsed(text.removeprefix("\ufeff"))
    plan, mistakes = plan_and_mistakes(values, lines, questionnaires=questionnaires)
    if mistakes:
        raise ClinicFileRefused(mistakes)
    return plan


def plan_and_mistakes(
    values: Mapping[str, object], lines: Mapping[Path, int], *, questionnaires: Collection[str]
) -> tuple[ClinicPlan, list[Mistake]]:
    """The plan of a file's values, and what is wrong with them; with mistakes the plan has stand-ins in their places.

    `values` are as `tomllib` gives them or `write.clinic_file_values` makes them; `lines` may be empty."""
    findings = Findings()
    findings.permit("questionnaire", questionnaires)
    plan = _plan(Table(values, (), findings))
    findings.resolve()
    return plan, findings.mistakes(lines)


def _parsed(text: str) -> tuple[Mapping[str, object], Mapping[Path, int]]:
    _refuse_long_keys(text)
    try:
        return tomllib.loads(text), key_lines(text)
    except ValueError as error:  # Mostly TOMLDecodeError; a number of thousands of digits is a plain ValueError.
        raise ClinicFileRefused([_syntax_mistake(str(error), text)]) from error
    except RecursionError as error:
        raise ClinicFileRefused([Mistake("", None, "too_deep")]) from error


def _refuse_long_keys(text: str) -> None:
    """`a.a.a.a = 1` is a table in a table in a table, and the parser takes the square of its length. Raises
    ClinicFileRefused."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS:
            raise ClinicFileRefused([Mistake("", number, "too_deep")])


def _syntax_mistake(message: str, text: str) -> Mistake:
    """The parser stops at its first mistake and puts the place into its sentence."""
    place = _PLACE.search(message)
    reason = _PLACE.sub("", message)
    named = place["line"] if place else None
    line = int(named) if named else text.count("\n") + 1
    return Mistake("", line, "syntax", {"reason": reason})


def _plan(root: Table) -> ClinicPlan:
    _check_format(root)
    clinic = root.table("clinic")
    locations = [read_location(table) for table in root.tables("locations", least=1)]
    zones = zones_of(locations)
    resources = [(table.path, read_resource(table, zones)) for table in root.tables("resources", least=1)]
    services = [(table.path, read_service(table)) for table in root.tables("services", least=1)]
    blocks = [read_block(table) for table in root.tables("blocks")]
    plan = ClinicPlan(
        profile=read_profile(clinic) if clinic else _NO_PROFILE,
        locations=tuple(locations),
        resources=tuple(resource for _, resource in resources),
        services=tuple(service for _, service in services),
        closures=tuple(read_closure(table) for table in root.tables("closures")),
        blocks=tuple(blocks),
    )
    root.finish()
    _check_feasible(plan, services, crews(resources, [place.code for place in locations], root.findings), root.findings)
    return plan


def _check_feasible(
    plan: ClinicPlan, services: Sequence[tuple[Path, ServicePlan]], at: Crews, findings: Findings
) -> None:
    check_specialists(services, plan.resources, findings)
    # A retired service stays in the file for the sake of its past visits; nobody has to be there for it any more.
    offered = [(path, service) for path, service in services if service.is_active]
    check_pools(offered, plan.resources, findings)
    check_services(offered, plan.resources, at, findings)


def _check_format(root: Table) -> None:
    version = root.whole("format", least=1, most=9999, default=FORMAT)
    if version != FORMAT:
        root.findings.add(root.at("format"), "unknown_format", value=version)
