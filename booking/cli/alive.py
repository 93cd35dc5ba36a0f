"""Is the program still running on a database that is about to be replaced or left?"""

from __future__ import annotations

from datetime import timedelta

import click
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.database import create_engine, database_file
from booking.core.clock import utc_now
from booking.services.heartbeat import seen_since

LATELY = timedelta(minutes=1)


def refuse_while_alive(url: str) -> None:
    """Raise ClickException when a worker was alive within the last minute. A database without tables has none."""
    file = database_file(url)
    if file is not None and not file.exists():
        return
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            has_table = sa.inspect(connection).has_table("heartbeat")
            is_alive = has_table and seen_since(connection, utc_now() - LATELY)
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database cannot be opened ({type(error).__name__}).") from None
    finally:
        engine.dispose()
    if is_alive:
        raise click.ClickException("A worker was alive within the last minute: stop worker and web, wait, try again.")
