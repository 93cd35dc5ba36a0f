"""A plan that is written and read again is the same plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from booking.core.clinic_file.plan import (
    BlockPlan,
    ClinicPlan,
    ClosurePlan,
    HoursExceptionPlan,
    ResourcePlan,
    ServicePlan,
    WeeklyHoursPlan,
)
from booking.core.clinic_file.write import clinic_file_values
from booking.core.scheduling.clinic import (
    Audience,
    MinuteSpan,
    Policy,
    ResourceKind,
    Segment,
    VisitLimit,
    VisitMode,
)
from tests.core.clinic_file.sample import SAMPLE, read

DEMO = (Path(__file__).parents[3] / "demo" / "clinic.toml").read_text("utf-8")
PLAN = read(SAMPLE)


def written_and_read(plan: ClinicPlan) -> ClinicPlan:
    return read(tomli_w.dumps(clinic_file_values(plan)))


@pytest.mark.parametrize("text", [SAMPLE, DEMO], ids=["sample", "demo"])
def test_a_file_survives_export_and_load(text: str) -> None:
    assert written_and_read(read(text)) == read(text)


def test_a_second_export_is_letter_for_letter_the_first() -> None:
    first = tomli_w.dumps(clinic_file_values(read(DEMO)))

    assert tomli_w.dumps(clinic_file_values(read(first))) == first


def test_the_grouping_of_weekly_hours_does_not_matter() -> None:
    together = (
        'days = ["mon", "tue"]\nspans = ["09:00-12:00", "13:00-17:00"]\nvalid_from = 2026-01-01\nvalid_to = 2027-12-31'
    )
    validity = "valid_from = 2026-01-01\nvalid_to = 2027-12-31\n"
    apart = (
        f'days = ["tue"]\nspans = ["13:00-17:00", "09:00-12:00"]\n{validity}'
        f'[[resources.hours]]\nlocation = "quay"\ndays = ["mon"]\nspans = ["13:00-17:00"]\n{validity}'
        f'[[resources.hours]]\nlocation = "quay"\ndays = ["mon"]\nspans = ["09:00-12:00"]\n{validity}'
    )

    assert read(SAMPLE.replace(together, apart)) == PLAN


def test_defaults_are_left_out_of_what_is_written() -> None:
    values = clinic_file_values(replace(PLAN, closures=(), blocks=()))

    assert set(values) == {"format", "clinic", "locations", "resources", "services"}
    assert set(values["services"][0]["segments"][1]) == {"name", "offset_minutes", "minutes"}


lamp = ResourcePlan("lamp", ResourceKind.DEVICE, "Lamp")
dates = st.dates(date(2020, 1, 1), date(2190, 12, 31))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds.
lines = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20)


@st.composite
def weekly_hours(draw: st.DrawFn) -> tuple[WeeklyHoursPlan, ...]:
    """Spans that touch or keep apart, on different days, some of them into the night."""
    days = draw(st.lists(st.integers(0, 6), unique=True))
    edges = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True)))
    valid_from, valid_to = sorted(draw(st.tuples(dates, dates)))
    spans = [MinuteSpan(a, b) for a, b in pairwise(edges)]
    return tuple(
        WeeklyHoursPlan("quay", day, span, draw(st.sampled_from([None, valid_from])), valid_to)
        for day in days
        for span in spans
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    lengths = st.integers(0, 366 * 1440).map(lambda minutes: timedelta(minutes=minutes))
    return Policy(
        draw(st.sampled_from(Audience)),
        draw(lengths),
        draw(st.integers(1, 730)),
        change_notice=draw(lengths),
        cancel_notice=draw(lengths),
        visit_limit=draw(st.none() | st.builds(VisitLimit, st.integers(1, 99), st.integers(1, 366))),
        min_gap_days=draw(st.integers(0, 366)),
        contact_to_book=draw(st.booleans()),
    )


@st.composite
def services(draw: st.DrawFn) -> ServicePlan:
    """The service of the sample with a drawn name, mode, policy and languages, and sometimes with turnover."""
    service = PLAN.services[0]
    turnover = Segment("Turnover", service.occupied_minutes, 15, (), with_patient=False)
    return replace(
        service,
        name=draw(lines),
        mode=draw(st.sampled_from(VisitMode)),
        policy=draw(policies()),
        languages=draw(st.sampled_from([(), ("es",), ("fr", "en")])),
        segments=(*service.segments, turnover) if draw(st.booleans()) else service.segments,
    )


@st.composite
def plans(draw: st.DrawFn) -> ClinicPlan:
    """The sample with drawn hours, exceptions, texts, policies, closures and blocks."""
    on, later = sorted(draw(st.tuples(dates, dates)))
    starts_at = draw(instants)
    night = draw(st.integers(1, 2880))
    resource = replace(
        lamp,
        name=draw(lines),
        about=draw(lines),
        weekly_hours=draw(weekly_hours()),
        exceptions=draw(st.sampled_from([(), (HoursExceptionPlan("bay", on, (MinuteSpan(0, night),)),)])),
        is_active=draw(st.booleans()),
    )
    service = draw(services())
    block = BlockPlan("lamp", starts_at, starts_at + timedelta(minutes=night), draw(lines))
    return replace(
        PLAN,
        resources=(*PLAN.resources, resource),
        services=(service,),
        closures=(ClosurePlan(draw(st.sampled_from([None, "bay"])), on, later, draw(lines)),),
        blocks=draw(st.sampled_from([(), (block,)])),
    )


@given(plans())
def test_any_plan_survives_export_and_load(plan: ClinicPlan) -> None:
    assert written_and_read(plan) == plan
