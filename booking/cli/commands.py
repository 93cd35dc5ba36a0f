"""Every command group, registered with the application. `flask db` comes from Flask-Migrate."""

from __future__ import annotations

from flask import Flask

from booking.cli import accounts, audit, backup, clinic, database, demo, keys, messages, slots, worker


def register(app: Flask) -> None:
    """Add the commands of `flask --app wsgi`."""
    accounts.register(app)
    audit.register(app)
    backup.register(app)
    clinic.register(app)
    database.register(app)
    demo.register(app)
    keys.register(app)
    messages.register(app)
    slots.register(app)
    worker.register(app)
