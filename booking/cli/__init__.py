"""The command line, and the composition of the whole program: the only place besides the web that knows all parts."""

from __future__ import annotations

import os
import sys

from flask import Flask

from booking.adapters import logs
from booking.cli import commands, demo_settings
from booking.config import Settings, SettingsRefused
from booking.web import application


def create_app(settings: Settings | None = None) -> Flask:
    """The program with its commands; settings come from the environment unless given."""
    settings = settings or settings_or_exit()
    logs.configure(settings.log_level)
    app = application.create_app(settings)
    commands.register(app)
    return app


def settings_or_exit() -> Settings:
    """Settings of the environment; a mistake ends the process with a line for each."""
    try:
        demo_settings.fill_in(os.environ, sys.argv)
        return Settings.from_env(os.environ)
    except SettingsRefused as refused:
        for mistake in refused.mistakes:
            sys.stderr.write(f"respite: {mistake}\n")
        raise SystemExit(2) from None
