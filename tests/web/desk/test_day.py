"""The day as columns and lists: who sees which day, what it says, where each visit stands."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import booking
from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Block, Closure, Reservation, Task, TaskState
from booking.services.tasks import ask_to_call
from booking.services.transaction import transaction
from tests.factories import MONDAY, NOW, make_account, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import (
    NINE_TODAY,
    TODAY,
    ClientAs,
    cruz,
    dora,
    eli,
    fay,
    freeze,
    hrefs,
    kim,
    today,
    words,
)
from tests.web.statements import counted

MOST_STATEMENTS = 14
STYLES = Path(booking.__file__).parent / "static" / "css"


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


def test_the_desk_opens_with_today_at_the_own_location(session: Session, client_as: ClientAs) -> None:
    page = eli(session, client_as).get("/desk/").text
    assert "Monday 23 November 2026" in page
    assert "Lakeview" in words(page)
    assert "Northside" not in words(page)
    assert "Chicago (CST)" in page


def test_a_visit_is_a_link_that_says_time_name_status_and_service(session: Session, client_as: ClientAs) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez")
    visit = today(session, ana)
    page = dora(session, client_as).get("/desk/").text

    [link] = re.findall(rf'<a class="board-link" href="/desk/visits/{visit.public_id}".*?</a>', page, re.DOTALL)
    said = words(link)
    assert said.startswith("9:00 Álvarez, Ana Expected · Forms sent · First consultation")
    assert said.endswith("to 9:45 am, with Dr Maria Cruz")
    place = re.search(r"board-visit status-booked at-h9 at-m0 for-h0 for-m45 lane-1", page)
    assert place is not None


def test_the_columns_are_the_specialists_who_are_here_in_their_hours(session: Session, client_as: ClientAs) -> None:
    page = dora(session, client_as).get("/desk/").text
    assert re.findall(r'class="board-name">([^<]+)<', page) == ["Dr Maria Cruz", "Dr Ola Adeyemi"]
    assert page.count("board-closed--break at-h12 at-m0 for-h1 for-m0") == 2
    assert "from-h9 to-h17 columns-2" in page


def test_the_line_of_now_stands_on_today_alone(
    session: Session, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, hours=2.7)
    client = dora(session, client_as)
    assert '<span class="board-now-text">10:42</span>' in client.get("/desk/").text
    assert "board-now-text" not in client.get("/desk/day/2026-11-24").text


def test_before_the_hours_there_is_no_line_of_now(session: Session, client_as: ClientAs) -> None:
    assert "board-now-text" not in dora(session, client_as).get("/desk/").text


def test_a_block_is_shown_with_its_label(session: Session, client_as: ClientAs) -> None:
    session.add(
        Block(resource_id=1, starts_at=NINE_TODAY, ends_at=NINE_TODAY + timedelta(hours=1), label="Team meeting")
    )
    session.add(
        Block(resource_id=1, starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(hours=4), label="Leave")
    )
    session.commit()
    page = dora(session, client_as).get("/desk/").text
    assert "board-closed--closed at-h9 at-m0 for-h1 for-m0" in page
    assert "Team meeting" in page
    assert "Trip" not in page


def test_a_closed_day_says_so_by_its_name(session: Session, client_as: ClientAs) -> None:
    session.add(Closure(location_id=None, starts_on=MONDAY, ends_on=MONDAY, name="Founders' Day"))
    clinic_changed(session)
    page = words(dora(session, client_as).get("/desk/").text)
    assert "Northside is closed: Founders' Day." in page
    assert "Nobody works here on this day, and no visit is booked." in page


def test_a_visit_without_a_specialist_stands_in_the_column_of_its_chair(session: Session, client_as: ClientAs) -> None:
    visit = today(session, service_id=4, specialist_id=None, status=S.ARRIVED)
    for resource_id in (8, 7, 1):
        times = {"starts_at": visit.starts_at, "ends_at": visit.ends_at, "appointment_id": visit.id}
        session.add(Reservation(resource_id=resource_id, lane=0, **times))
    session.commit()
    page = dora(session, client_as).get("/desk/").text
    assert re.findall(r'class="board-name">([^<]+)<', page)[-1] == "Chair 1"
    assert "supervises 1" in page
    assert "to 9:45 am</span>" in page


def test_what_was_missed_without_a_specialist_keeps_a_column(session: Session, client_as: ClientAs) -> None:
    today(session, service_id=4, specialist_id=None, status=S.NO_SHOW)
    client = dora(session, client_as)
    assert "No specialist" in client.get("/desk/").text
    assert "No specialist · Monday" in client.get("/desk/?view=list").text


def test_visits_that_overlap_stand_side_by_side(session: Session, client_as: ClientAs) -> None:
    for minutes in (0, 5, 10, 15, 45):
        today(session, starts_at=NINE_TODAY + timedelta(minutes=minutes), status=S.NO_SHOW)
    page = dora(session, client_as).get("/desk/").text
    assert "board-lane lanes-3" in page
    assert re.findall(r"board-visit [^\"]* (lane-\d)", page) == ["lane-1", "lane-2", "lane-3", "lane-3", "lane-1"]


def test_a_late_visit_is_cut_at_midnight_and_an_early_one_widens_the_day(session: Session, client_as: ClientAs) -> None:
    today(session, starts_at=NOW.replace(hour=5), status=S.DONE)
    today(session, starts_at=NOW.replace(day=24, hour=4, minute=30), status=S.DONE)
    page = dora(session, client_as).get("/desk/").text
    assert "from-h0 to-h24" in page
    assert "at-h23 at-m30 for-h0 for-m30" in page


def test_cancelled_visits_are_left_out_unless_asked_for(session: Session, client_as: ClientAs) -> None:
    visit = today(session, status=S.CANCELLED)
    client = dora(session, client_as)
    for view in ("columns", "list"):
        page = client.get(f"{TODAY}?view={view}").text
        assert visit.public_id not in page
        assert "Show 1 canceled visit" in page
        [link] = hrefs(page, "cancelled=1")
        assert visit.public_id in client.get(link).text
    assert "Hide canceled visits" in client.get(f"{TODAY}?cancelled=1").text


def test_the_list_has_a_sheet_for_each_specialist_and_says_who_printed_it(
    session: Session, client_as: ClientAs
) -> None:
    today(session, make_patient(session, given_name="Ana", family_name="Álvarez"))
    today(session, specialist_id=2, status=S.DONE)
    page = dora(session, client_as).get("/desk/?view=list").text
    text = words(page)
    assert re.findall(r"<caption>([^·]+) ·", page) == ["Dr Maria Cruz", "Dr Ola Adeyemi"]
    assert "9:00 am Álvarez, Ana Born 17 May 1980 Forms sent First consultation Room 1 Expected 555-0142" in text
    assert "Printed by Dora Desk, Monday 23 November 2026 at 8:00 am" in text
    assert page.count("tick-box") == 2


@pytest.mark.parametrize("view", ["list", "columns"])
def test_every_printed_sheet_names_its_place_and_zone(session: Session, client_as: ClientAs, view: str) -> None:
    today(session)
    today(session, specialist_id=2, status=S.DONE)
    page = dora(session, client_as).get(f"/desk/?view={view}").text
    captions = re.findall(r"<caption>(.+?)</caption>", page)
    assert len(captions) == (2 if view == "list" else 1)
    assert all(caption.endswith("Monday 23 November 2026 · Northside, New York (EST)") for caption in captions)


def test_the_zone_has_its_name_of_the_day_that_is_shown(session: Session, client_as: ClientAs) -> None:
    assert "New York (EDT)" in dora(session, client_as).get("/desk/day/2026-07-06").text


def test_on_paper_the_heading_stays_and_the_demo_bar_goes() -> None:
    rules = re.findall(r"([^{};]+)\{\s*display: none;", (STYLES / "print.css").read_text())
    assert any(".demo-bar," in rule for rule in rules)
    assert [rule.split() for rule in rules if ".toolbar" in rule] == [
        [".toolbar", ">", ":not(.title,", ".day-place),", ".day-place", "a"]
    ]


def test_an_empty_day_as_a_list_says_so(session: Session, client_as: ClientAs) -> None:
    page = dora(session, client_as).get("/desk/day/2026-11-29?view=list").text
    assert "Nobody works here on this day, and no visit is booked." in page


def test_counts_stand_beside_the_day(session: Session, client_as: ClientAs) -> None:
    today(session)
    for number, status in enumerate((S.ARRIVED, S.IN_ROOM, S.DONE, S.NO_SHOW, S.CANCELLED)):
        today(session, starts_at=NINE_TODAY + timedelta(hours=number + 1), status=status)
    text = words(dora(session, client_as).get("/desk/").text)
    assert "Expected 1 Here now 2 Done 1 Did not come 1 Canceled 1" in text


def test_whoever_comes_next_and_is_here_can_be_moved_on_by_one_press(session: Session, client_as: ClientAs) -> None:
    today(session, make_patient(session, given_name="Ana", family_name="Álvarez"))
    today(session, status=S.ARRIVED, starts_at=NINE_TODAY + timedelta(hours=1))
    page = dora(session, client_as).get("/desk/").text
    rail = words(page.partition('aria-label="Lists"')[2])
    assert "Expected next 9:00 Álvarez, Ana Arrived Ana Álvarez" in rail
    assert re.search(r"Here now 10:00 .* In the room Ana \w+ Undo", rail)
    assert "Expected next" not in dora(session, client_as).get("/desk/day/2026-11-24").text


def test_a_call_is_ticked_off_and_taken_back(session: Session, client_as: ClientAs) -> None:
    visit = today(session)
    with transaction(session):
        ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code="x", cause="one", now=NOW
        )
    call = session.scalars(sa.select(Task.public_id)).one()
    session.rollback()
    client = dora(session, client_as)
    assert f'action="/tasks/{call}/done"' in client.get(TODAY).text

    done = client.post(f"/tasks/{call}/done", data={"next": TODAY})
    assert (done.status_code, done.location) == (303, TODAY)
    session.execute(sa.update(Task).values(closed_at=NOW))
    session.commit()
    assert "Nothing is waiting. Just done" in words(client.get(TODAY).text)

    session.execute(sa.update(Task).values(closed_at=utc_now()))
    session.commit()
    back = client.post(f"/tasks/{call}/undo")
    assert (back.status_code, back.location) == (303, "/tasks/")
    assert "To do 1" in words(client.get(TODAY).text)


def test_tasks_are_said_in_words(session: Session, client_as: ClientAs) -> None:
    visit = today(session)
    row = {"role": Role.SCHEDULER, "state": TaskState.OPEN, "due_at": NOW, "created_at": NOW}
    session.add(Task(dedup_key="1", kind="call_patient", appointment_id=visit.id, patient_id=visit.patient_id, **row))
    session.add(Task(dedup_key="2", kind="never_heard_of", **row))
    session.add(Task(dedup_key="3", kind="check_mail_server", **{**row, "role": Role.ADMINISTRATOR}))
    session.commit()
    said = words(dora(session, client_as).get("/desk/").text)
    assert "To do 2 Call the patient: a message did not arrive" in said
    assert "Something to look at" in said
    assert "To do 3" in words(fay(session, client_as).get("/desk/").text)
    assert "Nothing is waiting." in cruz(session, client_as).get("/desk/").text


def test_earlier_later_and_today_are_links(session: Session, client_as: ClientAs) -> None:
    page = fay(session, client_as).get(f"{TODAY}?location=lakeview&view=list").text
    links = hrefs(page, "/desk/day/")
    assert "/desk/day/2026-11-22?location=lakeview&view=list" in links
    assert "/desk/day/2026-11-24?location=lakeview&view=list" in links
    assert f"{TODAY}?location=northside&view=list" in links


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("24.11.", "2026-11-24"), ("Nov 30", "2026-11-30"), ("12/1/2026", "2026-12-01"), ("+2w", "2026-12-07"),
        ("", "2026-11-23"), ("tomorrow", "2026-11-24"),
    ],
)  # fmt: skip
def test_a_day_that_is_typed_is_gone_to(session: Session, client_as: ClientAs, typed: str, target: str) -> None:
    answer = dora(session, client_as).get("/desk/day", query_string={"date": typed, "location": "northside"})
    assert (answer.status_code, answer.location) == (303, f"/desk/day/{target}?location=northside")


@pytest.mark.parametrize("typed", ["soon", "31.2.2026", "1.1.1950", "<b>", "x" * 500, "\x00"])
def test_what_is_no_day_is_said_on_the_page(session: Session, client_as: ClientAs, typed: str) -> None:
    answer = dora(session, client_as).get("/desk/day", query_string={"date": typed})
    assert answer.status_code == 422
    assert "is no day we understand" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/desk/day/2026-02-30", "/desk/day/20261123", "/desk/day/soon", "/desk/day/0001-01-01", "/desk/day/9999-12-31",
        "/desk/day/2026-11-23?location=lakeview", "/desk/day/2026-11-23?location=nowhere",
        "/desk/day?date=today&location=lakeview",
    ],
)  # fmt: skip
def test_days_and_locations_that_are_not_theirs_do_not_exist(session: Session, client_as: ClientAs, path: str) -> None:
    assert dora(session, client_as).get(path).status_code == 404


@pytest.mark.parametrize("odd", ["view=sideways", "cancelled=maybe", "view=list&view=columns"])
def test_odd_arguments_do_no_harm(session: Session, client_as: ClientAs, odd: str) -> None:
    assert dora(session, client_as).get(f"{TODAY}?{odd}").status_code == 200


def test_a_specialist_sees_their_own_column_first_and_opens_only_their_own_visits(
    session: Session, client_as: ClientAs
) -> None:
    adeyemi = client_as(make_account(session, Role.SPECIALIST, resource_id=2))
    own, other = today(session, specialist_id=2, status=S.DONE), today(session)
    page = adeyemi.get("/desk/").text
    assert re.findall(r'class="board-name">([^<]+)<', page) == ["Dr Ola Adeyemi", "Dr Maria Cruz"]
    assert own.public_id in page
    assert other.public_id not in page
    assert "Arrived</button>" not in page


def test_a_nurse_reads_the_day_and_changes_nothing(session: Session, client_as: ClientAs) -> None:
    visit = today(session)
    client = kim(session, client_as)
    page = client.get("/desk/").text
    assert visit.public_id in page
    assert "<button" not in page.partition('aria-label="Lists"')[2].partition("</aside>")[0]
    assert (
        client.post(f"/desk/visits/{visit.public_id}/move", data={"to": "arrived", "version": "1"}).status_code == 403
    )
    assert client.get("/desk/patients").status_code == 403


def test_a_specialist_on_a_day_off_sees_their_first_location(
    session: Session, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, hours=-24)
    assert "Sunday 22 November 2026" in cruz(session, client_as).get("/desk/").text


def test_staff_whose_resource_works_nowhere_of_theirs_find_no_day(session: Session, client_as: ClientAs) -> None:
    lost = client_as(make_account(session, Role.NURSE, resource_id=7, location_ids=(2,)))
    assert lost.get("/desk/").status_code == 404


def test_the_links_of_the_header_fit_the_role(session: Session, client_as: ClientAs) -> None:
    page = dora(session, client_as).get("/desk/").text
    assert re.findall(r'class="nav-link" href="([^"]+)"', page)[:3] == ["/desk/", "/tasks/", "/desk/patients"]
    assert 'aria-current="page">Day' in page
    assert "Log out" in page
    own = cruz(session, client_as).get("/desk/").text
    assert re.findall(r'class="nav-link" href="([^"]+)"', own)[:2] == ["/my-day/", "/desk/"]
    assert "/desk/patients" not in own


def test_patients_and_visitors_do_not_get_in(session: Session, client: FlaskClient, client_as: ClientAs) -> None:
    assert client.get("/desk/").location == "/account/log-in?next=/desk/"
    assert client_as(make_account(session)).get("/desk/").status_code == 403


def test_a_full_day_costs_no_more_statements_than_an_empty_one(
    session: Session, client_as: ClientAs, app: Flask
) -> None:
    client = dora(session, client_as)
    client.get("/desk/")
    with counted(app) as empty:
        client.get("/desk/")
    for quarter in range(10):
        today(session, starts_at=NINE_TODAY + timedelta(hours=quarter / 2 * 2))
    with counted(app) as full:
        client.get("/desk/")
    assert len(full) == len(empty) <= MOST_STATEMENTS
