"""Every command group, registered with the application. `flask db` comes from Flask-Migrate."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the commands of `flask --app wsgi`."""
    del app
