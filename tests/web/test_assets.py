"""Addresses of static files: versioned, kept for a year, and empty where nothing was built."""

import json
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_babel import Babel

from booking.web import assets


def make_app(static: Path) -> Flask:
    app = Flask(__name__, static_folder=str(static), static_url_path="/static")
    Babel(app)
    assets.init_app(app)
    return app


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "manifest.json").write_text(json.dumps({"patient.css": "patient-abc.css"}))
    (tmp_path / "vendor" / "patient-abc.css").write_text("a{}")
    (tmp_path / "own.svg").write_text("<svg/>")
    return tmp_path


@pytest.fixture
def client(static: Path) -> FlaskClient:
    return make_app(static).test_client()


def address(static: Path, name: str) -> str:
    app = make_app(static)
    with app.test_request_context():
        return render_template_string("{{ asset_url(name) }}", name=name)


def test_a_built_file_is_found_through_the_manifest(static: Path) -> None:
    assert address(static, "patient.css") == "/static/vendor/patient-abc.css"


def test_an_own_file_carries_the_hash_of_its_content(static: Path) -> None:
    assert address(static, "own.svg") == f"/static/own.svg?v={assets.content_hash(static / 'own.svg')}"


def test_the_hash_is_computed_once(static: Path) -> None:
    app = make_app(static)
    with app.test_request_context():
        first = app.jinja_env.globals["asset_url"]("own.svg")
        (static / "own.svg").write_text("<svg>changed</svg>")
        assert app.jinja_env.globals["asset_url"]("own.svg") == first


@pytest.mark.parametrize("name", ["patient.css", "missing.svg"])
def test_without_the_built_folder_there_is_no_address(tmp_path: Path, name: str) -> None:
    assert address(tmp_path, name) == ""


def test_templates_can_ask_for_the_locale(static: Path) -> None:
    app = make_app(static)
    with app.test_request_context():
        assert render_template_string("{{ get_locale() }}") == "en"


@pytest.mark.parametrize("path", ["/static/vendor/patient-abc.css", "/static/own.svg?v=1"])
def test_versioned_files_are_kept_for_a_year(client: FlaskClient, path: str) -> None:
    assert client.get(path, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_unversioned_files_are_asked_for_again(client: FlaskClient) -> None:
    assert client.get("/static/own.svg", buffered=True).headers["Cache-Control"] == "no-cache"


def test_a_missing_file_is_not_kept(client: FlaskClient) -> None:
    assert "max-age" not in client.get("/static/vendor/none.css").headers.get("Cache-Control", "")
