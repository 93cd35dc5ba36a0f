"""A copied cookie opens nothing after its session ended, in eight ways, over real HTTP through the web servers.

Ana logs in with her password; somebody copies her cookie; something ends the session; the copy asks for her account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, LinkAction, LoginSession
from booking.services.links import mint_link
from booking.services.passwords import hash_password
from booking.services.sessions import ABSOLUTE, PATIENT_IDLE, hash_token
from booking.services.transaction import transaction
from tests.databases import Database
from tests.factories import make_account, make_patient
from tests.live import LiveProgram, running_program
from tests.torture.cookie_only import cookie_only_app
from tests.torture.http_browser import SESSION_COOKIE, HttpBrowser
from tests.torture.sizes import print_figures, sized

pytestmark = [pytest.mark.torture]

ROUNDS = sized(1, 25)
PAGE = "/account/sessions/"
PASSWORD, OTHER = "blue lamp 47 river", "seven quiet harbours"
# A client may write what it likes here: the address of the one it robs is no proof of anything.
FORGED = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}


@dataclass
class Robbed:
    """Somebody who is logged in, and the cookie that was copied from their browser."""

    program: LiveProgram
    account_id: int
    browser: HttpBrowser
    cookie: str

    def change(self, model: type, **values: object) -> None:
        """Write to their account or session, as another program or the passing of time does."""
        of = Account.id == self.account_id if model is Account else LoginSession.id_hash == hash_token(self.cookie)
        with self.program.session() as session:
            session.execute(sa.update(model).where(of).values(values))
            session.commit()

    def age(self, column: str, by: timedelta) -> None:
        with self.program.session() as session:
            row = session.scalars(sa.select(LoginSession).where(LoginSession.id_hash == hash_token(self.cookie))).one()
            setattr(row, column, getattr(row, column) - by)
            session.commit()


@pytest.fixture(scope="module")
def program(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProgram]:
    folder = tmp_path_factory.mktemp("sessions")
    with database.copy(folder) as url, running_program(url, folder) as running:
        yield running


@pytest.fixture(scope="module")
def password_hash() -> str:
    return hash_password(PASSWORD)


def new_account(program: LiveProgram, password_hash: str) -> tuple[int, str]:
    with program.session() as session:
        account = make_account(session, patients=(make_patient(session),), password_hash=password_hash)
        return account.id, account.email


def log_in(browser: HttpBrowser, email: str, password: str = PASSWORD) -> str:
    """The cookie of the new session."""
    browser.get("/account/log-in")
    assert browser.post("/account/log-in", email=email, password=password).status == 303
    assert browser.get(PAGE).status == 200
    return browser.cookie(SESSION_COOKIE)


def opens(program: LiveProgram, cookie: str, headers: dict[str, str] | None = None) -> bool:
    """Whether the copy of a cookie opens the page of its owner."""
    with closing(HttpBrowser(program, cookie, headers=headers)) as thief:
        answer = thief.get(PAGE)
        assert answer.status == 200 or answer.location.startswith("/account/log-in")
        return answer.status == 200


def by_logging_out(robbed: Robbed) -> None:
    assert robbed.browser.post("/account/log-out").status == 303


def by_another_password(robbed: Robbed) -> None:
    """With a mailed link, in a browser of its own."""
    with robbed.program.session() as session:
        email_key = session.scalar(sa.select(Account.email_key).where(Account.id == robbed.account_id))
        session.rollback()
        token = reset_link(session, robbed.account_id, email_key)
    with closing(HttpBrowser(robbed.program)) as elsewhere:
        elsewhere.get(f"/l/{token}")
        elsewhere.get("/account/reset")
        assert elsewhere.post("/account/reset", password=OTHER).status == 303


def reset_link(session: Session, account_id: int, email_key: str | None) -> str:
    now = utc_now()
    with transaction(session):
        return mint_link(
            session,
            action=LinkAction.RESET_PASSWORD,
            now=now,
            expires_at=now + timedelta(minutes=10),
            account_id=account_id,
            email_key=email_key,
        )


def by_disabling(robbed: Robbed) -> None:
    robbed.change(Account, is_active=False)


def by_another_role(robbed: Robbed) -> None:
    robbed.change(Account, role=Role.SCHEDULER)


def by_being_idle(robbed: Robbed) -> None:
    robbed.age("last_seen_at", PATIENT_IDLE)


def by_its_day(robbed: Robbed) -> None:
    robbed.age("expires_at", ABSOLUTE)


WAYS: tuple[Callable[[Robbed], None], ...] = (
    by_logging_out, by_another_password, by_disabling, by_another_role, by_being_idle, by_its_day,
)  # fmt: skip


def accepted_after(program: LiveProgram, password_hash: str, end: Callable[[Robbed], None], **headers: str) -> int:
    """How many of the replays of a session that ended in that way got in."""
    accepted = 0
    for _ in range(ROUNDS):
        account_id, email = new_account(program, password_hash)
        with closing(HttpBrowser(program)) as browser:
            robbed = Robbed(program, account_id, browser, log_in(browser, email))
            assert opens(program, robbed.cookie), "the copy is good as long as the session is"
            end(robbed)
            accepted += opens(program, robbed.cookie, headers)
    return accepted


@pytest.mark.parametrize("end", WAYS, ids=lambda end: end.__name__)
def test_a_copied_cookie_opens_nothing(program: LiveProgram, password_hash: str, end: Callable[[Robbed], None]) -> None:
    accepted = accepted_after(program, password_hash, end)
    print_figures("10 sessions", **{f"replays_{end.__name__}": ROUNDS, "accepted": accepted})
    assert accepted == 0


def test_a_forged_address_opens_nothing_either(program: LiveProgram, password_hash: str) -> None:
    accepted = accepted_after(program, password_hash, by_logging_out, **FORGED)
    print_figures("10 sessions", replays_from_a_forged_address=ROUNDS, accepted=accepted)
    assert accepted == 0


def test_a_cookie_that_was_planted_before_the_login_opens_nothing(program: LiveProgram, password_hash: str) -> None:
    """The attacker's own visitor session is put into the browser of the person who then logs in."""
    accepted = 0
    for _ in range(ROUNDS):
        _, email = new_account(program, password_hash)
        with closing(HttpBrowser(program)) as attacker:
            attacker.get("/account/log-in")
            planted = attacker.cookie(SESSION_COOKIE)
        with closing(HttpBrowser(program, planted)) as browser:
            assert log_in(browser, email) != planted
            accepted += opens(program, planted)
        for invented in ("A" * 43, f"{planted[:-1]}A"):
            accepted += opens(program, invented)
    print_figures("10 sessions", planted_cookies=ROUNDS, accepted=accepted)
    assert accepted == 0


def test_a_signed_cookie_alone_is_good_after_logging_out() -> None:
    """Negative control: where the cookie is the session, the same replay gets in, whatever protects it."""
    app = cookie_only_app()
    browser, thief = app.test_client(), app.test_client()
    browser.post("/log-in")
    cookie = browser.get_cookie("session")
    assert cookie is not None
    browser.post("/log-out")
    assert browser.get("/account").status_code == 401
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account").status_code == 200
