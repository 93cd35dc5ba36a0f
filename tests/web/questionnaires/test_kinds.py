"""Questions of every newer kind, without a script: the body map, lists in rows, quantities, declined answers; what the
script of the page is told; who helps; the desk with a caller."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actor import Role
from booking.core.questionnaires.answers import DECLINED, Chosen, Quantity, Rows
from booking.core.questionnaires.body_map import REGION_IDS, View, regions_of
from booking.core.questionnaires.definition import ItemType
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.models import Account, Patient
from booking.queries.appointments import Visit
from booking.web.questionnaires.body_picture import DRAWINGS
from booking.web.questionnaires.fields import field_data, field_of, other_data, other_field_of
from tests.core.questionnaires.forms import form, question
from tests.factories import NEXT_MONDAY_9, make_account, make_appointment, make_patient
from tests.services.forms_cast import PAIN, PEG, ask_for, filled, visit_of

ClientAs = Callable[[Account], FlaskClient]
INTAKE = "intake"
GOAL, LISTS, AREAS, WORST = 4, 12, 14, 15


@pytest.fixture
def visit(session: Session) -> Visit:
    ask_for(session, INTAKE, PEG)
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(session: Session, visit: Visit) -> Account:
    return make_account(session, name="Ana Alvarez", patients=(session.get_one(Patient, visit.patient_id),))


@pytest.fixture
def phone(client_as: ClientAs, ana: Account) -> FlaskClient:
    return client_as(ana)


def url(visit: Visit, page: object, code: str = INTAKE) -> str:
    return f"/visits/{visit.public_id}/forms/{code}/{page}"


def post(client: FlaskClient, visit: Visit, page: int, code: str = INTAKE, **fields: object) -> TestResponse:
    """A page as a browser posts it: `a_pain` for what is typed, `v_pain` for the version."""
    return client.post(url(visit, page, code), data=fields)


def answers(session: Session, visit: Visit, code: str = INTAKE) -> dict[str, object]:
    session.rollback()
    return dict(filled(session, visit, code).answers)


def takes_medicines(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 11, **{"a_takes-medicines": "yes", "v_takes-medicines": 0})


# --- the body map ---------------------------------------------------------------------------------------------------


def test_each_view_draws_its_regions_large_enough_and_apart() -> None:
    for drawing in DRAWINGS:
        assert {s.region for s in drawing.shapes} == {region.id for region in regions_of(drawing.view)}
        assert min(min(s.width, s.height) for s in drawing.shapes) >= 44
        boxes = [(s.x, s.y, s.x + s.width, s.y + s.height) for s in drawing.shapes]
        pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
        assert [(a, b) for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]] == []


def test_the_sides_swap_on_the_back() -> None:
    at = {(d.view, s.region): s.x for d in DRAWINGS for s in d.shapes}
    assert at[View.FRONT, "hand-r"] < at[View.FRONT, "hand-l"]
    assert at[View.BACK, "hand-l"] < at[View.BACK, "hand-r"]
    assert [d.left_is_right for d in DRAWINGS] == [True, False]


def test_picture_and_list_are_the_same_ticks(phone: FlaskClient, visit: Visit, session: Session) -> None:
    page = phone.get(url(visit, AREAS)).text
    ticks = dict(re.findall(r'id="(a_pain-areas-\d+)" name="a_pain-areas" type="checkbox" value="([\w-]+)"', page))
    pressed = re.findall(r'class="region-target" for="([\w-]+)"', page)
    assert tuple(ticks.values()) == REGION_IDS
    assert {ticks[one] for one in pressed} == set(REGION_IDS)
    assert page.index("Your RIGHT") < page.index("Your LEFT")
    post(phone, visit, AREAS, **{"a_pain-areas": ["hand-l", "knee-r"], "v_pain-areas": 0})
    assert answers(session, visit)["pain-areas"] == Chosen(("hand-l", "knee-r"))


def test_where_it_is_worst_offers_what_was_marked(phone: FlaskClient, visit: Visit, session: Session) -> None:
    post(phone, visit, AREAS, **{"a_pain-areas": ["hand-l", "knee-r"], "v_pain-areas": 0})
    page = phone.get(url(visit, WORST)).text
    assert re.findall(r'name="a_pain-worst" type="radio" value="([\w-]+)"', page) == ["hand-l", "knee-r"]
    post(phone, visit, WORST, **{"a_pain-worst": "knee-r", "v_pain-worst": 0})
    assert answers(session, visit)["pain-worst"] == Chosen(("knee-r",))


# --- lists in rows --------------------------------------------------------------------------------------------------


def test_rows_come_and_go_by_buttons_and_are_saved(phone: FlaskClient, visit: Visit, session: Session) -> None:
    takes_medicines(phone, visit)
    cells = ["Gabapentin", "300 mg", "", "", "", ""]
    more = post(phone, visit, LISTS, a_medicines=cells, v_medicines=0, action="add:medicines")
    assert more.status_code == 200
    assert more.text.count('name="a_medicines"') == 9
    assert answers(session, visit)["medicines"] == Rows((("Gabapentin", "300 mg", ""),))
    fewer = post(phone, visit, LISTS, a_medicines=cells, v_medicines=1, action="remove:medicines:0")
    assert fewer.text.count('name="a_medicines"') == 3
    assert answers(session, visit)["medicines"] is None


@pytest.mark.parametrize("action", ["add:nothing", "remove:medicines:x", "remove:medicines:99", "add:medicines:1:2"])
def test_odd_presses_lose_nothing(phone: FlaskClient, visit: Visit, session: Session, action: str) -> None:
    takes_medicines(phone, visit)
    post(phone, visit, LISTS, a_medicines=["Aspirin", "", "", "Iron", "", ""], v_medicines=0, action=action)
    stored = answers(session, visit)["medicines"]
    assert isinstance(stored, Rows)
    assert ("Iron", "", "") in stored.rows


def test_a_mistake_in_a_row_leads_to_the_list(phone: FlaskClient, visit: Visit) -> None:
    takes_medicines(phone, visit)
    refused = post(phone, visit, LISTS, a_medicines=["x" * 300, "", ""], v_medicines=0)
    assert refused.status_code == 422
    assert 'href="#a_medicines-0-0"' in refused.text


# --- quantities, decimals, proposals --------------------------------------------------------------------------------


UNITS = [{"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption",
          "valueCoding": {"system": "http://unitsofmeasure.org", "code": code, "display": code}}
         for code in ("kg", "lb")]  # fmt: skip


def test_a_quantity_has_a_number_and_its_unit() -> None:
    asked = parse_questionnaire(form(question("weight", "quantity", extension=UNITS))).questions[0]
    value = Quantity(value=Decimal("71.5"), unit="kg")
    assert (field_data(asked, value), other_data(value)) == ("71.5", "kg")
    assert other_field_of(asked) is not None
    assert asked.type is ItemType.QUANTITY


def test_every_question_that_ships_has_a_field() -> None:
    asked = [q for one in SHIPPED.questionnaires for q in one.questions]
    assert all(field_of(q) is not None for q in asked)


# --- "I prefer not to say" ------------------------------------------------------------------------------------------


def test_a_question_may_be_declined_and_stays_so(phone: FlaskClient, visit: Visit, session: Session) -> None:
    post(phone, visit, GOAL, a_goal="half a sente", v_goal=0, action="decline")
    assert answers(session, visit)["goal"] is DECLINED
    page = phone.get(url(visit, GOAL)).text
    assert "You preferred not to say" in page
    assert 'name="d_goal"' in page
    post(phone, visit, GOAL, a_goal="", v_goal=1, d_goal=1)
    assert answers(session, visit)["goal"] is DECLINED
    post(phone, visit, GOAL, a_goal="Walk", v_goal=1, d_goal=1)
    assert answers(session, visit)["goal"] == "Walk"


def test_of_several_questions_those_left_blank_are_declined(phone: FlaskClient, visit: Visit, session: Session) -> None:
    post(phone, visit, 7, a_bp="yes", v_bp=0, v_heart=0, action="decline")
    assert {k: answers(session, visit)[k] for k in ("bp", "heart")} == {"bp": Chosen(("yes",)), "heart": DECLINED}


# --- saving while somebody answers ----------------------------------------------------------------------------------


def test_the_script_is_told_versions_mistakes_and_conflicts_and_no_answer(phone: FlaskClient, visit: Visit) -> None:
    told = [
        post(phone, visit, 1, PEG, **{f"a_{PAIN}": number, f"v_{PAIN}": version, "action": "autosave"}).json
        for number, version in (("7", 0), ("8", 1), ("3", 1), ("eleven", 2))
    ]
    assert told[0] == {"versions": {PAIN: 1}, "mistakes": [], "conflicts": [], "why": "", "next": ""}
    assert told[1]["versions"] == {PAIN: 2}
    assert told[2]["conflicts"] == [PAIN]
    assert told[3]["mistakes"] == [PAIN]


def test_only_what_was_touched_is_saved_and_nothing_is_skipped(
    phone: FlaskClient, visit: Visit, session: Session
) -> None:
    post(phone, visit, 7, a_bp="yes", v_bp=0, action="autosave")
    assert answers(session, visit) == {"bp": Chosen(("yes",))}


# --- last time, helpers, callers ------------------------------------------------------------------------------------


def test_last_time_is_shown_to_be_confirmed(phone: FlaskClient, visit: Visit, session: Session) -> None:
    patient = session.get_one(Patient, visit.patient_id)
    later = visit_of(session, make_appointment(session, patient, starts_at=NEXT_MONDAY_9 + timedelta(days=7)).id)
    post(phone, visit, 1, **{"a_main-concern": "crps", "v_main-concern": 0})
    phone.post(url(visit, "review"), data={"revision": 1})
    page = phone.get(url(later, 1)).text
    assert "Is it still right?" in page
    assert re.search(r'value="crps"\s+checked', page)
    assert "Still right, continue" in page
    assert answers(session, later) == {}


def test_who_helps_is_said_until_nobody_does(phone: FlaskClient, visit: Visit) -> None:
    start = f"/visits/{visit.public_id}/forms/"
    assert phone.post(f"{start}helper", data={"helper": "Ben\t Alvarez"}).location == start
    assert "Ben Alvarez helps with this form." in phone.get(url(visit, 1, PEG)).text
    assert "name is too long" in phone.post(f"{start}helper", data={"helper": "x" * 90}, follow_redirects=True).text
    assert "alone" in phone.post(f"{start}helper", data={"helper": ""}, follow_redirects=True).text


def test_the_specialist_sees_who_helped(
    phone: FlaskClient, visit: Visit, client_as: ClientAs, session: Session
) -> None:
    phone.post(f"/visits/{visit.public_id}/forms/helper", data={"helper": "Ben"})
    post(phone, visit, 1, PEG, **{f"a_{PAIN}": "5", f"v_{PAIN}": 0})
    phone.post(url(visit, "review", PEG), data={"revision": 1})
    cruz = client_as(make_account(session, Role.SPECIALIST, resource_id=1))
    assert "Ben" in cruz.get(url(visit, "answers", PEG)).text


def test_the_desk_fills_in_with_a_caller_and_reads_nothing(
    phone: FlaskClient, visit: Visit, client_as: ClientAs, session: Session
) -> None:
    post(phone, visit, 1, PEG, **{f"a_{PAIN}": "7", f"v_{PAIN}": 0})
    dora = client_as(make_account(session, Role.SCHEDULER, name="Dora Ashby"))
    assert "You are on the phone with" in dora.get(f"/visits/{visit.public_id}/forms/").text
    assert dora.get(url(visit, 1, PEG)).status_code == 303
    assert post(dora, visit, 2, PEG, **{"a_91145-3": "4", "v_91145-3": 0}).status_code == 303
    page = dora.get(url(visit, "review", PEG)).text
    assert "4 of 10" in page
    assert "7 of 10" not in page
    assert dora.get(url(visit, "copy", PEG)).status_code == 403
