"""Every sentence for people goes through gettext: in a language of marks, no plain English is left on any page or mail.

The clinic's own words (names, summaries, preparation) are marked in the database, so they cannot hide a forgotten one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.adapters.letters import REQUIRED_LINKS, ClinicVoice, LetterFacts, LetterWriter, OtherTime, VisitFacts
from booking.core.clock import utc_now
from booking.core.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from booking.core.messages import VISITLESS_KINDS, MessageKind
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.score_tables import SHIPPED_TABLES
from booking.extensions import db
from booking.models import Account, Clinic, Location, Patient, Resource, Service, ServiceSegment
from booking.services import sessions
from booking.services.clinic import new_revision
from booking.web.access_table import VISITOR, Row
from booking.web.application import create_app
from tests.databases import Database
from tests.factories import make_patient
from tests.house import pseudo_locale
from tests.house.cast import ANA, CORA, CRUZ, DORA, FAY, KIM, World
from tests.house.driving import CHANGING_ROWS, GET_ROWS, Driver, leads_to_log_in, row_id
from tests.house.pseudo_locale import LOCALE, mark, unmarked, visible, words
from tests.settings import settings_for

pytestmark = [
    pytest.mark.sqlite_only,  # Pages do not know which database they come from.
]

ONE_OF_EACH_KIND = (VISITOR, ANA, CORA, DORA, CRUZ, KIM, FAY)
NO_PAGES = {"static", "operation.healthz", "operation.readyz", "public.favicon", "visits.calendar"}
DETAILS = {
    "given_name": mark("Ana"), "family_name": mark("Alvarez"), "born_on-day": "17", "born_on-month": "5",
    "born_on-year": "1980", "email": "ana@example.org",
}  # fmt: skip
# Addresses, references of visits, the product's name, time zones in short, and packages with their versions.
ALLOWED = re.compile(
    r"\S+@\S+\.\S+|https?://\S+|\bT\d{7}\b|\b[A-Z0-9]{8}\b|\bRespite\b|\b[ECMP][SD]T\b|[@\w./-]+ \d+\.\d+\.\d+"
)


@pytest.fixture(scope="module")
def marked_app(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application in the language of marks."""
    folder = tmp_path_factory.mktemp("pseudo")
    pseudo_locale.write(folder)
    app = create_app(settings_for(database.url, folder, STAGE="demo"))
    app.config |= {"TESTING": True, "WTF_CSRF_ENABLED": False}
    spoken = app.extensions["babel"]
    spoken.locale_selector = lambda: LOCALE
    spoken.translation_directories = [str(folder)]
    return app


@pytest.fixture
def driver(marked_app: Flask, session: Session) -> Iterator[Driver]:
    """Drives the marked application, on a clinic whose own words are marked."""
    mark_clinic(session)
    world = World(session)
    for person in (*world.accounts.values(), *session.scalars(sa.select(Patient))):
        mark_columns(person, "name", "given_name", "family_name")
    session.commit()

    def client_as(account: Account) -> FlaskClient:
        token = sessions.begin_session(session, account_id=account.id, data={}, now=utc_now())
        client = marked_app.test_client()
        client.set_cookie("respite_session", token, domain="localhost")
        return client

    yield Driver(marked_app, world, client_as)
    with marked_app.app_context():
        db.session.remove()
        db.engine.dispose()


def mark_clinic(session: Session) -> None:
    """Put every text of the clinic's own into brackets."""
    for clinic in session.scalars(sa.select(Clinic)):
        mark_columns(clinic, "name", "sender_name", "crisis_line")
        clinic.revision = new_revision()
    for place in session.scalars(sa.select(Location)):
        mark_columns(place, "name", "street", "city", "directions")
    for named in (*session.scalars(sa.select(Resource)), *session.scalars(sa.select(ServiceSegment))):
        mark_columns(named, "name")
    for service in session.scalars(sa.select(Service)):
        mark_columns(service, "name", "summary")
        service.preparation = [mark(line) for line in service.preparation]
    session.commit()


def mark_columns(row: object, *names: str) -> None:
    """Those of the columns that the row has and that hold a text."""
    for name in names:
        if text := getattr(row, name, None):
            setattr(row, name, mark(text))


def plain_words(page: str) -> list[str]:
    """English that nobody could translate, on a page."""
    text = visible(page)
    for own in (*OF_THE_FORMS, *OF_THE_DEMO):
        text = text.replace(own, "")
    return list(words(text, ALLOWED))


def texts_of_forms() -> list[str]:
    """Questions and scores come in the language of their file, which is translated as a whole; longest first."""
    tables = SHIPPED_TABLES.by_canonical.values()
    found = {own for one in (*SHIPPED.questionnaires, *SHIPPED.translations, *tables) for own in texts_in(one)}
    return sorted((" ".join(own.split()) for own in found), key=len, reverse=True)


def texts_in(value: object) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        yield from (text for field in fields(value) for text in texts_in(getattr(value, field.name)))
    elif isinstance(value, tuple | list):
        yield from (text for one in value for text in texts_in(one))


OF_THE_DEMO = [DEMO_PASSWORD, *(login.name for login in DEMO_LOGINS)]
OF_THE_FORMS = [text for text in texts_of_forms() if " " in text or text.istitle()]


def answers(driver: Driver, row: Row) -> Iterator[TestResponse]:
    """What those of the cast whom the row lets in get, one of each kind: others of the same kind read the same."""
    for name in ONE_OF_EACH_KIND:
        if driver.world.role(name) in row.who:
            answer = driver.send(row, name, driver.values(row))
            assert name == VISITOR or row.method == "POST" or not leads_to_log_in(answer), f"{name} is not logged in"
            yield answer


def first_of(rows: list[Row]) -> str:
    return f"from {row_id(rows[0])}"


def pages(driver: Driver, row: Row) -> Iterator[str]:
    yield from (answer.text for answer in answers(driver, row) if _is_page(answer))


def _is_page(answer: TestResponse) -> bool:
    """Werkzeug writes a page of its own beside a redirection, which no browser shows."""
    return answer.mimetype == "text/html" and not 300 <= answer.status_code < 400


PAGES = [row for row in GET_ROWS if row.endpoint not in NO_PAGES]
AT_ONCE = 12
"""Pages that are read in one world: to look changes nothing, and to make a world takes longer than to read a page."""


@pytest.mark.parametrize("rows", [PAGES[i : i + AT_ONCE] for i in range(0, len(PAGES), AT_ONCE)], ids=first_of)
def test_no_page_holds_a_sentence_that_nobody_can_translate(driver: Driver, rows: list[Row]) -> None:
    found = {row_id(row): {line for page in pages(driver, row) for line in plain_words(page)} for row in rows}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("row", CHANGING_ROWS, ids=row_id)
def test_no_refusal_holds_a_sentence_that_nobody_can_translate(driver: Driver, row: Row) -> None:
    """Every form is sent empty."""
    assert {line for page in pages(driver, row) for line in plain_words(page)} == set()


@pytest.mark.parametrize("path", ["/demo/inbox", "/demo/logins", "/nowhere", "/book/surgery/times", "/l/none"])
def test_other_addresses_are_translated_too(driver: Driver, path: str) -> None:
    assert plain_words(driver.client("visitor").get(path).text) == []


def test_the_way_to_a_booked_visit_is_translated(driver: Driver) -> None:
    client = driver.client("visitor")
    times = client.get("/book/first-consultation/times")
    slot = re.findall(r'name="slot" value="([^"]+)"', times.text)[-1]
    seen = [times, client.post("/book/hold", data={"slot": slot}, follow_redirects=True)]
    kept = {"hold": hidden_in(seen[-1], "hold")}
    seen.append(client.post("/book/details", data={"given_name": "", **kept}))
    seen.append(client.post("/book/details", data={**DETAILS, "hold": "of another tab"}, follow_redirects=True))
    seen.append(client.post("/book/details", data={**DETAILS, **kept}, follow_redirects=True))
    form = {"nonce": hidden_in(seen[-1], "nonce"), **kept}
    seen.append(client.post("/book/check", data=form, follow_redirects=True))
    seen.append(driver.client("visitor").post("/book/hold", data={"slot": slot}))

    assert [answer.status_code for answer in seen] == [200, 200, 422, 200, 200, 200, 409]
    assert {line for answer in seen for line in plain_words(answer.text)} == set()


def test_the_way_of_the_desk_is_translated(driver: Driver) -> None:
    dora, world = driver.client("dora"), driver.world
    day = f"/desk/day/{world.visit().starts_at.date()}"
    other = make_patient(world.session, given_name=mark("Ben"), family_name=mark("Brown")).public_id
    seen = [dora.get(day), dora.get(f"{day}?view=list"), dora.get(f"/desk/patients/{world.ana_patient.public_id}")]
    seen += [dora.post("/desk/search", data={"text": text, "goal": "book"}) for text in ("åñå", "nobody", "")]
    # In a week: booking the very next times may need a reason.
    start = utc_now().date() + timedelta(days=7)
    times = dora.get(f"/desk/book?patient={world.ana_patient.public_id}&start={start}")
    check = dora.get(html.unescape(re.findall(r'href="(/desk/book/check[^"]+)"', times.text)[-1]))
    again = check.request.full_path.replace(world.ana_patient.public_id, other)
    rival = dora.get(again)
    seen += [times, check, rival]
    seen += [
        dora.post(path, data={"nonce": hidden_in(page, "nonce")}, follow_redirects=True)
        for path, page in ((check.request.full_path, check), (again, rival))
    ]

    assert [answer.status_code for answer in seen[-5:]] == [200, 200, 200, 200, 409]
    assert {line for answer in seen if _is_page(answer) for line in plain_words(answer.text)} == set()


def test_the_way_to_a_changed_calendar_is_translated(driver: Driver) -> None:
    dora, world = driver.client("dora"), driver.world
    starts_at = world.visit().starts_at
    world.session.rollback()
    public_id = world.session.scalars(sa.select(Resource.public_id).where(Resource.id == 1)).one()
    world.session.rollback()
    url = f"/desk/calendars/{public_id}"
    nonce = hidden_in(dora.get(f"{url}/leave"), "nonce")
    form = {"nonce": nonce, "first_on": str(starts_at.date() - timedelta(days=1)), "kind": "leave"}
    form["last_on"] = str(starts_at.date() + timedelta(days=1))
    seen = [dora.post(f"{url}/leave", data=form)]
    kept = {name: hidden_in(seen[0], name) for name in set(re.findall(r'name="((?:seen|first)-[^"]+)"', seen[0].text))}
    kept |= {**form, "step": "save"}
    seen += [
        dora.post(f"{url}/leave", data={**kept, **choices}, follow_redirects=True) for choices in ({}, {"all": "call"})
    ]
    seen += [dora.get(f"{url}/{page}") for page in ("hours", "date", "block")]
    wrong = {"nonce": "n", "first_on": "whenever", "time": "9-5", "mon": "9-12, 11-13", "what": "hours", "kind": "x"}
    seen += [dora.post(f"{url}/{page}", data=wrong) for page in ("hours", "date", "block", "leave")]

    assert [answer.status_code for answer in seen] == [200, 422, 200, 200, 200, 200, 422, 422, 422, 422]
    assert {line for answer in seen for line in plain_words(answer.text)} == set()


def hidden_in(page: TestResponse, name: str) -> str:
    [value] = re.findall(rf'name="{name}"[^>]*value="([^"]+)"', page.text)
    return str(value)


@pytest.mark.parametrize("kind", MessageKind)
def test_every_mail_is_translated(kind: MessageKind) -> None:
    letter = LetterWriter(lambda _: pseudo_locale.translations()).write(facts(kind))
    message = message_from_bytes(letter.raw, policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    page = message.get_body(("html",)).get_content()

    assert unmarked(letter.subject).strip() == ""
    assert list(words(text, ALLOWED)) == []
    assert plain_words(page) == []


def facts(kind: MessageKind) -> LetterFacts:
    """A letter of that kind, with all its links."""
    starts_at = datetime(2026, 11, 30, 14, tzinfo=UTC)
    visit = VisitFacts(
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45), tz=ZoneInfo("America/New_York"),
        place=mark("12 Main Street"), uid="a@localhost", sequence=0,
    )  # fmt: skip
    names = {*REQUIRED_LINKS[kind], "confirm", "change", "cancel", "questions", "verify", "not_me"}
    if kind in {MessageKind.CHANGED, MessageKind.WAITING_OFFER}:
        before = OtherTime(starts_at + timedelta(days=9), visit.tz, mark("3 Lake Road"))
        visit = replace(visit, other=before, kept_until=starts_at if kind is MessageKind.WAITING_OFFER else None)
    return LetterFacts(
        kind=kind, to="ana@example.org", message_id="<a@localhost>", written_at=starts_at,
        clinic=ClinicVoice(
            sender_name=mark("Northside"), sender_address="a@clinic.example", reply_to="b@clinic.example", phone="555",
        ),
        links={name: f"https://localhost/l/{name}" for name in names}, first_name=mark("Ana"), language=LOCALE,
        visit=None if kind in VISITLESS_KINDS else visit,
        waits_until=starts_at.date() if kind is MessageKind.WAITING_JOINED else None,
        link_valid_for=timedelta(hours=24),
    )  # fmt: skip


def test_plain_english_on_a_page_is_found() -> None:
    """Negative control."""
    page = (
        '<p>⟦Åll ⟦Ana⟧ ïš wéll⟧</p><img alt="A plain picture"><button title="⟦x⟧">Send</button><pre>MIT licence</pre>'
    )
    assert plain_words(page) == ["A plain picture", "Send"]
