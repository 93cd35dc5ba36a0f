"""Bringing the database of any URL to a revision, with the migrations of this program: for scratch databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import flask_migrate
from flask import Flask

from booking.config import Settings
from booking.extensions import db
from booking.web import application

COPY_BEFORE_UPGRADE = "COPY_BEFORE_UPGRADE"
"""The name under which migrations are told not to copy a database before they change it."""


def migrator(settings: Settings) -> Callable[[str, str], None]:
    """A function of URL and revision: it migrates that database with these settings."""

    def migrate(url: str, revision: str) -> None:
        app: Flask = application.create_app(replace(settings, database_url=url))
        app.config[COPY_BEFORE_UPGRADE] = False
        with app.app_context():
            flask_migrate.upgrade(revision=revision)
            db.engine.dispose()

    return migrate
