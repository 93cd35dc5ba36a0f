"""Every form of the access table, filled in with canaries by those whom it lets in, and every way out afterwards."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pyotp
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.adapters import logs
from booking.adapters.mailer import RecordingMailer
from booking.core.clock import utc_now
from booking.jobs.send_messages import send_due
from booking.models import Appointment, Service, WaitingEntry, WaitingState
from booking.services.audit_seal import seal_new
from booking.services.sealed import SEALED_COLUMNS, open_text
from booking.web.access_table import VISITOR, Row
from tests.backups import back_up
from tests.factories import make_account
from tests.house.cast import ANA, BEN, CAST, DORA, FAY
from tests.house.driving import CHANGING_ROWS, Driver, row_id
from tests.outbox import make_test_tools
from tests.settings import AUDIT_KEY
from tests.torture.canaries import Canaries, asked_of_servers, bodies_of, parts_of, raw_database, rows_of, words_in
from tests.torture.hostile import Page
from tests.torture.typed_fields import Kind, kinds_of
from tests.web.clinic_change import clinic_changed
from tests.web.walk import book

VIDEO = 2
"""The service that takes place by video here."""

BORN = {"born_on-day": "17", "born_on-month": "5", "born_on-year": "1980"}
SESSION_COOKIE = "respite_session"
LINK = re.compile(rb"/l/([\w-]{43})")
CODE = re.compile(r"<li[^>]*>\s*(?:<code[^>]*>)?\s*([\w]{4,6}(?:-[\w]{4,6})+)")


@dataclass
class Sweep:
    """One pass over every form. `statuses` are those of the answers, by route."""

    driver: Driver
    canaries: Canaries
    addresses: list[str] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    mailer: RecordingMailer = field(default_factory=RecordingMailer)
    _visitor: FlaskClient | None = None
    _seen: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Every form, then what takes more than one step."""
        for row in CHANGING_ROWS:
            for name in self.senders(row):
                self.send(row, name)
        self.sets_up_an_app()
        self.asks_for_help()
        self.gives_a_room(self.books_with_answers())
        self.types_too_long()
        self.sends_mail()

    def senders(self, row: Row) -> list[str]:
        """A visitor and somebody who is logged in, of those whom the row lets in and who may see the objects of its
        address."""
        examples = self.driver.good(row).values()
        may = [
            name
            for name in CAST
            if self.driver.world.role(name) in row.who and all(name in one.seen_by for one in examples)
        ]
        return may[: 1 + (VISITOR in may)]

    def client(self, name: str) -> FlaskClient:
        """A visitor stays in one browser session, so that the second page of a way is reached; all others log in
        again, for some forms end their session."""
        if name == VISITOR:
            self._visitor = self._visitor or self.driver.client(VISITOR)
            return self._visitor
        return self.noted(name, self.driver.client(name))

    def noted(self, name: str, client: FlaskClient) -> FlaskClient:
        """Its cookie is a secret. Of each person one, since they are all alike."""
        cookie = client.get_cookie(SESSION_COOKIE)
        if cookie and name not in self._seen:
            self._seen.add(name)
            self.canaries.keep_secret([cookie.value])
        return client

    def send(self, row: Row, name: str) -> None:
        """Look at the page of the form where there is one, type into each of its fields, send it."""
        if row.endpoint == "desk.merge":
            self.end_made_up_waits()
        client, path = self.client(name), self.driver.url(row, self.driver.values(row))
        shown = client.get(path)
        page = Page(shown.text if shown.mimetype == "text/html" and shown.status_code == 200 else "")
        kinds = kinds_of(self.driver.app.view_functions[row.endpoint].__module__)
        answer = client.post(path, data={**page.values, **self.typed(row, page, kinds)})
        self.note(answer, row_id(row))
        self.addresses += page.addresses

    def end_made_up_waits(self) -> None:
        """Those that came with offers out of nowhere: several for one service, which the program never lets happen."""
        session = self.driver.world.session
        session.rollback()
        made_up = sa.update(WaitingEntry).where(WaitingEntry.live_key.like("waits-%"))
        session.execute(made_up.values(state=WaitingState.LEFT, live_key=None, ended_at=utc_now()))
        session.commit()

    def typed(self, row: Row, page: Page, kinds: dict[str, Kind]) -> dict[str, str]:
        """Words for all fields that the part of the web knows, and for those of a questionnaire's page."""
        if row.endpoint.startswith("questionnaires.") or row.endpoint == "administration.preview_form":
            return {name: self.canaries.answer() for name in page.texts}
        told = {name: kinds.get(name.rpartition("-")[2]) for name in page.texts} | kinds
        unknown = [name for name, kind in told.items() if kind is None]
        assert unknown == [], f"{row_id(row)}: say in tests/torture/typed_fields.py what {unknown} tell"
        words = {name: self.word(kind) for name, kind in told.items() if kind and kind is not Kind.PLAIN}
        return words | (BORN if "family_name" in words else {})

    def word(self, kind: Kind) -> str:
        makers: dict[Kind, Callable[[], str]] = {
            Kind.HEALTH: self.canaries.tells_of_health, Kind.LINK: self.canaries.link, Kind.NAME: self.canaries.name,
            Kind.ADDRESS: self.canaries.address, Kind.PHONE: self.canaries.phone, Kind.SECRET: self.canaries.password,
        }  # fmt: skip
        return makers[kind]()

    def note(self, answer: TestResponse, route: str) -> TestResponse:
        self.statuses.setdefault(route, []).append(answer.status_code)
        self.addresses += [answer.request.full_path, answer.headers.get("Location", "")]
        if answer.mimetype == "text/html":
            self.addresses += Page(answer.text).addresses
        return answer

    def sets_up_an_app(self) -> None:
        """The key of an app and the codes on paper are shown once."""
        client = self.client(BEN)
        shown = client.get("/account/security/app").text
        with client.session_transaction() as kept:
            key: str = kept["new_app_key"]
        self.note(client.post("/account/security/app", data={"code": pyotp.TOTP(key).now()}), "app")
        codes = CODE.findall(self.note(client.post("/account/security/recovery-codes"), "codes").text)
        assert shown
        assert codes
        self.canaries.keep_secret([key, *codes, *(code.replace("-", "") for code in codes)])

    def asks_for_help(self) -> None:
        """Ana invites somebody, who says yes by the link of the mail."""
        helper = make_account(self.driver.world.session, email=(address := self.canaries.address()), email_key=address)
        self.client(ANA).post("/account/people/invite", data={"email": address, "lasts": "open"})
        self.sends_mail()
        link = LINK.findall(bodies_of(one.raw for one in self.mailer.sent if one.recipient == address))[-1].decode()
        client = self.noted("helper", self.driver.client_as(helper))
        self.note(client.get(f"/l/{link}"), "link")
        self.note(client.post("/account/invitation"), "invitation")

    def books_with_answers(self) -> str:
        """Ana books with a reason, fills in a form in her words and leaves another one half typed. The visit's id."""
        client, words = self.client(ANA), self.canaries
        visit = self.books()
        self.fill_in(client, visit)
        typed = [["f", "reason", words.tells_of_health()], ["f", "given_name", words.name()]]
        self.note(client.post("/account/keep", data={"path": "/account/", "fields": json.dumps(typed)}), "keep")
        return visit

    def books(self) -> str:
        """Ana books what is free first at this hour of the day; from then on it is with Dr Cruz at Northside."""
        visit = book(self.client(ANA), reason=self.canaries.tells_of_health(), email=self.canaries.address())
        session = self.driver.world.session
        session.rollback()
        of_dr_cruz = {"location_id": 1, "specialist_id": 1}
        session.execute(sa.update(Appointment).where(Appointment.public_id == visit).values(of_dr_cruz))
        session.commit()
        return visit

    def fill_in(self, client: FlaskClient, visit: str) -> None:
        """Each page of a form, words in every field that takes words."""
        path = f"/visits/{visit}/forms/intake-short/1"
        while "/review" not in path:
            page = Page(client.get(path).text)
            data = {**page.values, **{name: self.canaries.answer() for name in page.texts}, "action": "continue"}
            path = self.note(client.post(path, data=data), "answers").headers["Location"]

    def gives_a_room(self, visit: str) -> None:
        """It takes place by video after all, and Dora says where."""
        session = self.driver.world.session
        session.rollback()
        session.execute(sa.update(Service).where(Service.id == VIDEO).values(mode="video"))
        session.execute(sa.update(Appointment).where(Appointment.public_id == visit).values(service_id=VIDEO))
        clinic_changed(session)
        room = {"url": self.canaries.link()}
        self.note(self.client(DORA).post(f"/desk/visits/{visit}/video", data=room), "video")

    def types_too_long(self) -> None:
        """A form that is sent after its login ran out is kept, in whole."""
        client = self.driver.client(VISITOR)
        client.set_cookie(SESSION_COOKIE, "A" * 43, domain="localhost")
        words = {"reason": self.canaries.tells_of_health(), "password": self.canaries.password()}
        self.note(client.post("/account/data/copy", data=words), "too late")

    def sends_mail(self) -> None:
        """What is due in some minutes: mails about a change wait for one."""
        later = utc_now() + timedelta(minutes=5)
        send_due(make_test_tools(self.driver.world.session, mailer=self.mailer, clock=lambda: later))


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that any part of the program logs meanwhile, as production writes it, and more of it than there."""
    told, root = io.StringIO(), logging.getLogger()
    before = (root.level, list(root.handlers))
    with redirect_stderr(told):
        logs.configure("DEBUG")
        try:
            yield told
        finally:
            root.handlers[:] = before[1]
            root.setLevel(before[0])


def sealed_places(sweep: Sweep) -> set[str]:
    """Sealed columns that hold words of the sweep: proof that they were typed where it counts."""
    session, places = sweep.driver.world.session, set()
    session.rollback()
    for column in SEALED_COLUMNS:
        rows = session.execute(sa.select(column.row_key, column.sealed).where(column.sealed.is_not(None))).all()
        opened = [open_text(session, column.table, column.column, key, sealed) or "" for key, sealed in rows]
        if words_in("\n".join(opened).encode(), sweep.canaries.all):
            places.add(column.place)
    return places


def filled_places(sweep: Sweep) -> set[str]:
    """Sealed columns with any value at all, whatever it tells."""
    session = sweep.driver.world.session
    session.rollback()
    wanted = {one.place: sa.select(one.sealed).where(one.sealed.is_not(None)).limit(1) for one in SEALED_COLUMNS}
    return {place for place, found in wanted.items() if session.scalar(found)}


def exports(sweep: Sweep) -> dict[str, bytes]:
    """Copies of their own data that Ana and Ben take, unpacked."""
    found = {}
    for name in (ANA, BEN):
        with zipfile.ZipFile(io.BytesIO(sweep.client(name).post("/account/data/copy").data)) as packed:
            found[name] = b"\n".join(packed.read(one) for one in packed.namelist())
    return found


def ways_out(sweep: Sweep, log: str, url: str, folder: Path) -> dict[str, list[str]]:
    """Everything that leaves the program or is kept by it, with the words found there that should not be."""
    words, session = sweep.canaries, sweep.driver.world.session
    letters = [one.raw for one in sweep.mailer.sent]
    subjects, calendars = parts_of(letters)
    links = [link.decode() for link in LINK.findall(bodies_of(letters))]
    seal_new(session, AUDIT_KEY)
    back_up(session, folder)
    session.rollback()
    events = rows_of(session.connection(), "audit")
    session.rollback()
    fay = sweep.client(FAY)
    stored = raw_database(url)
    return {
        "logs": words_in(log.encode(), words.all + links),
        "addresses": words_in("\n".join(asked_of_servers(sweep.addresses)).encode(), words.all),
        "mail": words_in(bodies_of(letters), words.hidden),
        "subjects": words_in(subjects, words.all),
        "calendar files": words_in(calendars, words.person + words.hidden),
        "database": words_in(stored, words.hidden + links),
        "backup": words_in(b"\n".join(one.read_bytes() for one in folder.iterdir()), words.all + links),
        "audit events": words_in(events, words.all + links),
        "log for administrators": words_in(fay.get("/admin/log").data, words.hidden + links),
        "clinic file": words_in(fay.get("/admin/clinic-file").data, words.all),
        "pages of the desk": words_in(fay.get("/desk/patients").data + desk_pages(sweep), words.answers + words.secret),
        "Ben's copy": words_in(exports(sweep)[BEN], words.health),
    }


def desk_pages(sweep: Sweep) -> bytes:
    """What the desk sees of Ana and of all her visits."""
    session, client = sweep.driver.world.session, sweep.client(DORA)
    session.rollback()
    visits = session.scalars(sa.select(Appointment.public_id)).all()
    pages = [f"/desk/visits/{one}" for one in visits]
    return b"\n".join(client.get(page).data for page in pages)
