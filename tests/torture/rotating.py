"""A process that seals everything anew, to be killed: `python -m tests.torture.rotating URL FIELD_KEYS [PAUSE]`."""

from __future__ import annotations

import sys
import time

from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.adapters.sealing import FieldKeys
from booking.core.clock import utc_now
from booking.services.audit import CHAIN_KEY
from booking.services.keys import rotate
from booking.services.sealed import KEYS
from tests.settings import AUDIT_KEY


def main(url: str, field_keys: str, pause: str = "0") -> None:
    """Rotate once; `pause` seconds after each batch leave room for a kill."""
    engine = create_engine(url)
    with Session(engine, info={KEYS: FieldKeys.parse(field_keys), CHAIN_KEY: AUDIT_KEY}) as session:
        rotate(session, now=utc_now(), progress=lambda _column, _count: time.sleep(float(pause)))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
