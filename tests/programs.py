"""A program beside the shared one, for tests that need other settings or its commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from booking.cli import create_app
from booking.config import Settings
from booking.extensions import db


@contextmanager
def program_with(settings: Settings) -> Iterator[Flask]:
    """The program for these settings; its connections are closed at the end, so that none is left to the collector."""
    program = create_app(settings)
    yield program
    with program.app_context():
        db.session.remove()
        db.engine.dispose()
