"""Everything that the clinic file says can be changed in the browser: kept, refused in the same words, and audited."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.clinic_file import places, resources, services
from booking.core.clinic_file.effects import Effect
from booking.core.clinic_file.findings import Findings
from booking.core.clinic_file.mistakes import SENTENCES, Mistake
from booking.core.clinic_file.parts import KEPT, Section
from booking.core.clinic_file.read import read_clinic_file
from booking.core.clinic_file.table import Table
from booking.core.questionnaires.library import SHIPPED
from booking.services.clinic_loading import load_clinic
from booking.web.administration.forms import ClinicForm, LocationForm, ResourceForm
from booking.web.administration.mistake_words import WORDS, mistake_sentence
from booking.web.administration.part_flow import EFFECTS
from booking.web.administration.service_form import Known, SegmentForm, ServiceForm
from tests.factories import NOW, make_appointment
from tests.web.administration.admin_cast import ClientAs, fay, fields_of, send, stored, words

# Pages do not know which database they come from; the services are tried on both.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def admin(session: Session, client_as: ClientAs) -> FlaskClient:
    return fay(session, client_as)


@pytest.fixture
def demo(session: Session, admin: FlaskClient) -> FlaskClient:
    """The same with the demo clinic beside the test clinic's rows."""
    plan = read_clinic_file(Path("demo/clinic.toml").read_text(encoding="utf-8"), questionnaires=SHIPPED.codes)
    session.rollback()
    load_clinic(session, plan, actor=SYSTEM, now=NOW)
    return admin


class _Asked(Table):
    """Notes every key that a reader of the format asks for."""

    keys: set[str]

    def __init__(self, keys: set[str]) -> None:
        super().__init__({}, (), Findings())
        self.keys = keys

    def finish(self) -> None:
        self.keys.update(self._asked)


READERS: dict[Section, Any] = {
    Section.CLINIC: places.read_profile,
    Section.LOCATIONS: places.read_location,
    Section.RESOURCES: lambda table: resources.read_resource(table, {}),
    Section.SERVICES: services.read_service,
}


def asked(reader: Any) -> set[str]:
    keys: set[str] = set()
    reader(_Asked(keys))
    return keys


@pytest.fixture
def form_fields(app: Flask) -> Iterator[dict[Section, set[str]]]:
    """The keys that each form can say."""
    known = Known([], [], [], [])
    with app.test_request_context("/"):
        service = ServiceForm(known, is_new=True)
        limit = {"visit_limit_count", "visit_limit_days"}
        yield {
            Section.CLINIC: {one.short_name for one in ClinicForm().plain_fields()},
            Section.LOCATIONS: {one.short_name for one in LocationForm(is_new=True).plain_fields()},
            Section.RESOURCES: {one.short_name for one in ResourceForm(is_new=True).plain_fields()},
            Section.SERVICES: {one.short_name for one in service.plain_fields()} - limit | {"visit_limit", "segments"},
        }


@pytest.mark.parametrize("section", Section)
def test_every_key_of_the_format_has_a_field(form_fields: dict[Section, set[str]], section: Section) -> None:
    assert form_fields[section] == asked(READERS[section]) - KEPT.get(section, frozenset())


def test_every_key_of_a_segment_has_a_field(app: Flask) -> None:
    with app.test_request_context("/"):
        assert {one.short_name for one in SegmentForm()} == asked(services._segment)


def test_every_table_of_the_file_is_somewhere_in_the_browser() -> None:
    tables = set(tomllib.loads(Path("demo/clinic.toml").read_text(encoding="utf-8"))) - {"format"}
    assert tables - {section.value for section in Section} <= {"closures", "blocks"}  # Those are the desk's.


def test_every_sentence_is_that_of_clinic_load(app: Flask) -> None:
    with app.test_request_context("/"):
        for code, sentence in SENTENCES.items():
            params = dict.fromkeys(re.findall(r"{(\w+)}", sentence), "word")
            for more in ({}, {"suggestion": "this"}):
                mistake = Mistake("", None, code, {**params, **more})
                assert mistake_sentence(mistake) == mistake.sentence
    assert set(WORDS) == set(SENTENCES)


def test_every_effect_has_words() -> None:
    assert set(EFFECTS) == set(Effect)


def paths(session: Session) -> list[str]:
    values = stored(session)
    return [
        "/admin/clinic",
        *(f"/admin/{section}/{thing['code']}" for section in ("locations", "resources", "services")
          for thing in values[section]),
    ]  # fmt: skip


def test_saving_every_page_of_the_demo_clinic_untouched_changes_nothing(session: Session, demo: FlaskClient) -> None:
    before = stored(session)
    for path in paths(session):
        answer = send(demo, path)
        assert (path, answer.status_code) == (path, 303)
    assert stored(session) == before


def test_what_is_changed_on_a_page_is_what_is_stored(session: Session, admin: FlaskClient) -> None:
    send(admin, "/admin/clinic", name="Harbor Clinic", crisis_line="988")
    send(admin, "/admin/locations/lakeview", directions="Ring.\r\n\r\nTwice.", step_free=None)
    send(admin, "/admin/resources/dr-cruz", title="Neurologist", languages="en, es", lanes="2")
    changes = {
        "preparation": "Bring a list.\r\n\r\n Eat before. ", "specialists": ["dr-cruz"], "questionnaires": ["peg"],
        "visit_limit_count": "2", "visit_limit_days": "30", "book_notice": "90", "cancel_notice": "2 days",
        "segments-0-needs": "specialist, 1 lane of consulting", "segments-0-minutes": "40",
    }  # fmt: skip
    assert send(admin, "/admin/services/follow-up", **changes).status_code == 303
    values = stored(session)
    assert values["clinic"]["name"] == "Harbor Clinic"
    assert (values["locations"][1]["directions"], values["locations"][1]["step_free"]) == ("Ring.\n\nTwice.", False)
    cruz, service = values["resources"][0], values["services"][1]
    assert (cruz["title"], cruz["languages"], cruz["lanes"]) == ("Neurologist", ["en", "es"], 2)
    assert service["preparation"] == ["Bring a list.", "Eat before."]
    assert (service["specialists"], service["visit_limit"]) == (["dr-cruz"], {"count": 2, "days": 30})
    assert (service["book_notice"], service["cancel_notice"]) == ("90 minutes", "2 days")
    assert service["segments"] == [{"name": "Follow-up", "minutes": 40, "needs": ["specialist", "consulting"]}]


def test_a_room_and_a_service_of_two_parts_are_added(session: Session, admin: FlaskClient) -> None:
    assert send(admin, "/admin/resources/add", kind="room", name="Quiet room", pools="consulting").status_code == 303
    more = send(admin, "/admin/services/add", step="more", name="Group session", summary="Together.")
    assert fields_of(more)["segment_count"] == ["2"]
    parts: dict[str, Any] = {**fields_of(more)}
    parts |= {"segments-0-name": "Talk", "segments-0-minutes": "30", "segments-0-needs": "specialist"}
    parts |= {"segments-1-name": "Rest", "segments-1-offset_minutes": "30", "segments-1-minutes": "15"}
    assert admin.post("/admin/services/add", data=parts).status_code == 303
    values = stored(session)
    assert values["resources"][-1]["code"] == "quiet-room"
    service = values["services"][-1]
    assert (service["code"], len(service["segments"]), service["book_notice"]) == ("group-session", 2, "2 hours")
    send(admin, "/admin/services/group-session", **dict.fromkeys(
        ("segments-1-name", "segments-1-minutes", "segments-1-needs"), ""
    ))  # fmt: skip
    assert len(stored(session)["services"][-1]["segments"]) == 1


def test_mistakes_stand_at_their_fields_and_what_was_typed_is_kept(session: Session, admin: FlaskClient) -> None:
    before = stored(session)
    changes = {
        "grid_minutes": "7", "horizon_days": "9" * 5000, "book_notice": "soon", "languages": "english!",
        "segments-0-minutes": "x", "segments-0-needs": "consluting", "visit_limit_count": "3", "name": "",
        "mode": "by pigeon",
    }  # fmt: skip
    page = send(admin, "/admin/services/follow-up", **changes)
    assert page.status_code == 422
    for field, sentence in (
        ("grid_minutes", "7 minutes do not divide a day of 1440 minutes."),
        ("horizon_days", "This number is not between 1 and 730."),
        ("book_notice", "soon is no length of time up to a year; write a number of minutes, or text like 2 hours."),
        ("languages", "english! is no language code; write one such as en, es or pt-BR."),
        ("segments-0-minutes", "Enter a whole number, like 30"),
        ("segments-0-needs", "No resource belongs to a pool consluting. Did you mean consulting?"),
        ("visit_limit_days", "Enter both numbers, or neither"),
        ("name", "This must not be empty."),
        ("mode", "by pigeon is not one of in_person, video, phone."),
    ):
        assert f'<a href="#{field}">{sentence}</a>' in page.text
        assert f'id="{field}-error"' in page.text
    assert fields_of(page)["languages"] == ["english!"]
    assert stored(session) == before


def test_a_mistake_of_another_thing_names_it(admin: FlaskClient) -> None:
    page = send(admin, "/admin/resources/chair-1", active=None)
    assert page.status_code == 422
    assert "Treatment session: No active resource belongs to the pool chair." in words(page.text)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\udcff", "\u202e", "9" * 3999, "-1", "²", "٣", "1e3", "' OR 1=1"])
@pytest.mark.parametrize(
    "path", ["/admin/clinic", "/admin/locations/add", "/admin/resources/add", "/admin/services/add"]
)
def test_odd_input_is_refused_and_no_failure(admin: FlaskClient, path: str, text: str) -> None:
    fields = dict.fromkeys(fields_of(admin.get(path)), text.encode("utf-8", "surrogatepass"))
    answer = admin.post(path, data={**fields, "specialists": text.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 422


def test_visits_that_are_booked_are_shown_before_their_service_changes(session: Session, admin: FlaskClient) -> None:
    visit = make_appointment(session, starts_at=NOW.replace(year=2099), service_id=2)
    path = "/admin/services/follow-up"
    preview = send(admin, path, **{"segments-0-minutes": "45"})
    text = words(preview.text)
    assert preview.status_code == 200
    assert "1 visit is booked already. Nothing is saved yet." in text
    assert "Visits that are booked keep their length and what they take." in text
    assert visit.public_id in preview.text
    assert stored(session)["services"][1]["segments"][0]["minutes"] == 30
    fields: dict[str, Any] = {**fields_of(admin.get(path)), "segments-0-minutes": "45"}
    again = admin.post(path, data={**fields, "step": "edit"})
    assert fields_of(again)["segments-0-minutes"] == ["45"]
    assert admin.post(path, data={**fields, "step": "save"}).status_code == 303
    assert stored(session)["services"][1]["segments"][0]["minutes"] == 45


@pytest.mark.parametrize(
    ("path", "changes", "words_of_it"),
    [
        ("/admin/resources/room-1", {"active": None}, "No new visits are booked here."),
        ("/admin/locations/northside", {"time_zone": "America/Denver"}, "on the clock they are at another hour"),
    ],
)
def test_visits_are_shown_before_a_room_is_closed_or_a_clock_changes(
    session: Session, admin: FlaskClient, path: str, changes: dict[str, Any], words_of_it: str
) -> None:
    make_appointment(session, starts_at=NOW.replace(year=2099))
    assert words_of_it in words(send(admin, path, **changes).text)
    fields: dict[str, Any] = {**fields_of(admin.get(path)), **changes, "step": "save"}
    saved = admin.post(path, data={name: value for name, value in fields.items() if value is not None})
    assert saved.status_code == 303


def test_whoever_is_slower_is_told_and_keeps_what_was_typed(session: Session, admin: FlaskClient) -> None:
    path = "/admin/resources/dr-cruz"
    mine: dict[str, Any] = {**fields_of(admin.get(path)), "title": "Neurologist"}
    send(admin, path, title="Anesthetist", lanes="2")
    told = admin.post(path, data=mine)
    assert told.status_code == 409
    assert "Somebody has changed this meanwhile." in told.text
    assert "Title is now Anesthetist" in words(told.text)
    assert fields_of(told)["title"] == ["Neurologist"]
    assert admin.post(path, data=fields_of(told)).status_code == 303
    assert stored(session)["resources"][0]["title"] == "Neurologist"


def test_services_are_put_in_another_order(session: Session, admin: FlaskClient) -> None:
    assert admin.post("/admin/services/follow-up/move", data={"way": "up"}).status_code == 303
    assert [one["code"] for one in stored(session)["services"]][:2] == ["follow-up", "first-consultation"]
    assert admin.post("/admin/services/follow-up/move", data={"way": "off"}).status_code == 400


def test_the_overview_tells_what_is_wrong(session: Session, admin: FlaskClient) -> None:
    assert "To look at" not in admin.get("/admin/").text
    session.connection().exec_driver_sql("DELETE FROM weekly_hours WHERE resource_id = 8")
    session.connection().exec_driver_sql("UPDATE clinic SET revision = 99")
    session.commit()
    text = words(admin.get("/admin/").text)
    assert "Treatment session: No active resource of the pool chair works at northside with 1 lanes or more." in text
    assert "No hours yet" in text


def test_the_clinic_file_is_downloaded_and_loads(session: Session, admin: FlaskClient) -> None:
    answer = admin.get("/admin/clinic-file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="clinic.toml"'
    before = stored(session)
    load_clinic(session, read_clinic_file(answer.text, questionnaires=SHIPPED.codes), actor=SYSTEM, now=NOW)
    assert stored(session) == before


def test_periods_are_shown(admin: FlaskClient) -> None:
    text = words(admin.get("/admin/retention").text)
    assert "Records of patients 10 years after the last visit" in text
    assert "Logins of people who work here 15 minutes" in text
    assert "Mailed links 30 days after they have run out" in text


def test_a_form_is_given_its_times_in_the_browser(session: Session, admin: FlaskClient) -> None:
    path = "/admin/services/follow-up"
    times = {"form-peg-opens": "3 days before", "form-peg-due": "1 day before", "form-peg-visits": "later"}
    assert send(admin, path, **times).status_code == 303
    said = [{"form": "peg", "opens": "3 days before", "due": "1 day before", "visits": "later"}]
    assert stored(session)["services"][1]["questionnaires"] == said
    page = admin.get(path)
    assert fields_of(page)["form-peg-due"] == ["1 day before"]
    assert '<details class="govuk-details" open>' in page.text
    wrong = send(admin, path, **{"form-peg-due": "soon", "form-peg-opens": ""})
    assert wrong.status_code == 422
    assert "soon is no time around a visit" in words(wrong.text)
    plain = dict.fromkeys(times, "")
    assert send(admin, path, **{**plain, "form-peg-visits": "all"}).status_code == 303
    assert stored(session)["services"][1]["questionnaires"] == ["peg"]
