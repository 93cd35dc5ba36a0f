"""Entry point of a negative control: the same web server, which says that answers are saved before they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.cli import create_app
from booking.services import questionnaires
from booking.services.audit import CHAIN_KEY
from booking.services.questionnaires import SavedPage
from booking.services.sealed import KEYS
from booking.services.transaction import transaction
from tests.torture.answering import LATER_SECONDS

ONLY_PROMISES = "only_promises"

save_now, transaction_now = questionnaires.save_page, transaction
patch = pytest.MonkeyPatch()


@contextmanager
def transaction_or_not(session: Session) -> Iterator[None]:
    """The real one, or one that nobody ends."""
    if ONLY_PROMISES not in session.info:
        with transaction_now(session):
            yield
        return
    session.connection(execution_options={"write": True})
    yield
    session.flush()


def promise(session: Session, **asked: Any) -> SavedPage:
    """What would come of it, now; the saving itself when the answer is long gone."""
    engine, info = session.get_bind(), {KEYS: session.info[KEYS], CHAIN_KEY: session.info[CHAIN_KEY]}

    def save_later() -> None:
        with Session(engine, info=dict(info)) as later:
            save_now(later, **asked)

    session.rollback()
    with Session(engine, info={**info, ONLY_PROMISES: True}) as now:
        promised = save_now(now, **asked)
    Timer(LATER_SECONDS, save_later).start()
    return promised


patch.setattr(questionnaires, "transaction", transaction_or_not)
patch.setattr(questionnaires, "save_page", promise)
app = create_app()
