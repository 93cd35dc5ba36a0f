"""The demo clinic is what the documentation promises of it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from booking.core.clinic_file.plan import ServicePlan
from booking.core.scheduling.clinic import Audience, Need, ResourceKind
from tests.core.clinic_file.sample import read

PLAN = read((Path(__file__).parents[3] / "demo" / "clinic.toml").read_text("utf-8"))


def service(code: str) -> ServicePlan:
    return next(s for s in PLAN.services if s.code == code)


def test_the_demo_clinic_has_the_people_and_places_of_a_small_clinic() -> None:
    kinds = Counter(resource.kind for resource in PLAN.resources)

    assert kinds[ResourceKind.SPECIALIST] == 6
    assert kinds[ResourceKind.NURSE] == 2
    assert kinds[ResourceKind.ROOM] >= 2
    assert kinds[ResourceKind.CHAIR] >= 2
    assert len(PLAN.services) == 6
    assert PLAN.pools == {"rooms", "chairs", "infusion-nurses", "supervisors"}


def test_the_two_locations_are_in_different_zones() -> None:
    assert [place.tz_name for place in PLAN.locations] == ["America/New_York", "America/Chicago"]


def test_the_sender_of_mail_names_no_specialty() -> None:
    assert "pain" not in PLAN.profile.sender_name.lower()


def test_a_first_consultation_is_for_anyone_and_asks_three_questionnaires() -> None:
    first = service("consultation-new")

    assert (first.occupied_minutes, first.policy.audience) == (50, Audience.ANYONE)
    assert first.segments[0].needs == (Need(), Need("rooms"))
    assert first.questionnaires == ("intake", "peg", "phq-2")


def test_an_infusion_session_is_only_for_a_course_and_has_four_segments() -> None:
    session = service("infusion-session")

    assert session.policy.audience is Audience.COURSE
    assert [s.name for s in session.segments] == ["Arrival check", "Infusion", "Recovery", "Turnover"]
    assert session.segments[0].needs == (Need("chairs"), Need("infusion-nurses", 2))
    assert [s.with_patient for s in session.segments] == [True, True, True, False]


def test_a_visit_by_video_is_for_verified_patients_and_each_specialist_has_a_room() -> None:
    rooms = [resource.video_url for resource in PLAN.resources if resource.kind is ResourceKind.SPECIALIST]

    assert service("video-followup").policy.audience is Audience.VERIFIED
    assert len({url for url in rooms if url.startswith("https://video.harbour.example.org/")}) == 6


def test_the_whole_clinic_is_closed_on_thanksgiving() -> None:
    closed = {closure.starts_on for closure in PLAN.closures if closure.location is None}

    assert {date(2026, 11, 26), date(2027, 11, 25)} <= closed
