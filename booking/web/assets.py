"""Addresses of static files: `asset_url(name)` for templates, and their caching.

What `make assets` built is found through its manifest; own files that pages use directly get a content hash as `?v=`.
Without the built folder `asset_url` gives "" for built names: pages then work without style and script.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

import flask_babel
from flask import Flask, Response, request, url_for

MANIFEST_NAME: Final = "manifest.json"
YEAR_IN_SECONDS: Final = 365 * 24 * 3600
HASH_LENGTH: Final = 12


class Assets:
    """Knows the versioned address of each static file. Reads the disk when the program starts and once per own file."""

    def __init__(self, static_folder: Path) -> None:
        self._static_folder = static_folder
        self._built = read_manifest(static_folder / "vendor" / MANIFEST_NAME)
        self._versions: dict[str, str] = {}

    def url(self, name: str) -> str:
        """The address of a built file ("patient.css") or an own one ("img/favicon.svg"); "" when there is none."""
        if name in self._built:
            return url_for("static", filename=f"vendor/{self._built[name]}")
        version = self._version(name)
        return url_for("static", filename=name, v=version) if version else ""

    def _version(self, name: str) -> str:
        if name not in self._versions:
            self._versions[name] = content_hash(self._static_folder / name)
        return self._versions[name]


def read_manifest(path: Path) -> dict[str, str]:
    """Name → path inside the built folder; empty when the folder was not built."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {str(name): str(target) for name, target in entries.items()}


def content_hash(path: Path) -> str:
    """The first hexadecimal digits of the file's SHA-256; "" when it is no file."""
    if not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


def init_app(app: Flask) -> None:
    """Give templates `asset_url` and `get_locale`, and let browsers keep versioned files for a year."""
    assets = Assets(Path(app.static_folder or app.root_path))
    app.jinja_env.globals["asset_url"] = assets.url
    app.jinja_env.globals["get_locale"] = flask_babel.get_locale
    app.jinja_env.globals["page_language"] = lambda: str(flask_babel.get_locale()).replace("_", "-")
    app.after_request(_cache_static)


def _cache_static(response: Response) -> Response:
    """A versioned address never changes its content; an unversioned one is asked for again each time."""
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return response
    is_versioned = "v" in request.args or str((request.view_args or {}).get("filename", "")).startswith("vendor/")
    if is_versioned:
        response.headers["Cache-Control"] = f"public, max-age={YEAR_IN_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
