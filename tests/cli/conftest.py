"""The program with its commands, on the database of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.databases import Database
from tests.programs import program_with
from tests.settings import settings_for


@pytest.fixture
def program(app: Flask, database: Database, tmp_path: Path) -> Iterator[Flask]:
    with program_with(settings_for(database.url, tmp_path)) as program:
        yield program
