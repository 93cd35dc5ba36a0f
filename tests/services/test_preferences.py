"""An account's wishes: kept sealed, changed, forgotten, and nobody's trouble when they cannot be read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.preferences import NOTHING, Preferences
from booking.models import Account, AccountPreference
from booking.services.preferences import keep_preferences, open_preferences
from booking.services.sessions import begin_session, open_session
from tests.factories import NOW, make_account

WISHES = Preferences(language="es", step_free=True)


def keep(session: Session, account: Account, preferences: Preferences) -> None:
    keep_preferences(session, account_id=account.id, preferences=preferences, now=NOW)


def kept(session: Session, account: Account) -> Preferences:
    """As a request finds them: with the login that is opened."""
    token = begin_session(session, account_id=account.id, data={}, now=NOW)
    opened = open_session(session, token=token, now=NOW)
    assert opened is not None
    assert opened.account is not None
    row_key, sealed = opened.account.wishes
    return open_preferences(session, row_key=row_key, sealed=sealed)


def rows(session: Session) -> list[AccountPreference]:
    session.rollback()
    return list(session.scalars(sa.select(AccountPreference)))


def test_an_account_without_wishes_has_none(session: Session) -> None:
    assert kept(session, make_account(session)) == NOTHING


def test_wishes_are_found_again_and_are_the_accounts_own(session: Session) -> None:
    ana, ben = make_account(session), make_account(session)

    keep(session, ana, WISHES)

    assert kept(session, ana) == WISHES
    assert kept(session, ben) == NOTHING


def test_they_are_sealed(session: Session) -> None:
    keep(session, make_account(session), WISHES)

    [row] = rows(session)

    assert "es" not in row.wishes_sealed.split('"')
    assert "language" not in row.wishes_sealed


def test_later_wishes_take_the_place_of_earlier_ones(session: Session) -> None:
    ana = make_account(session)
    keep(session, ana, WISHES)
    before = rows(session)[0].row_key

    keep(session, ana, Preferences(location="lakeview"))

    [row] = rows(session)
    assert row.row_key != before
    assert kept(session, ana) == Preferences(location="lakeview")


def test_to_wish_for_nothing_is_to_be_forgotten(session: Session) -> None:
    ana = make_account(session)
    keep(session, ana, WISHES)

    keep(session, ana, NOTHING)

    assert rows(session) == []


def test_a_seal_that_does_not_open_is_no_wish(session: Session) -> None:
    keep(session, make_account(session), WISHES)
    [row] = rows(session)

    assert open_preferences(session, row_key="another", sealed=row.wishes_sealed) == NOTHING
