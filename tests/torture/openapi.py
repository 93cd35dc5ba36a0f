"""What a scanner of another maker needs to know: every address and every name that a form of ours has, as OpenAPI.

    .venv/bin/python -m tests.torture.openapi > openapi.json    # see docs/security.md

Respite has no API; the description says no more than that texts are sent, and that any answer but a failure is well.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from booking.web.application import create_app
from tests.settings import settings_for
from tests.torture.hostile import PARAMETER, names_read

LEFT_OUT = {"static", "accounts.log_out", "sessions.end", "sessions.end_all"}
"""Files, and what would end the scan's own session."""

TEXT = {"schema": {"type": "string"}}
ANSWERS = {str(status): {"description": "an answer"} for status in (200, 303, 400, 403, 404, 409, 410, 413, 422, 429)}


def description() -> dict[str, Any]:
    """The document."""
    with TemporaryDirectory() as folder:
        app = create_app(settings_for(f"sqlite:///{folder}/none.db", Path(folder)))
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEFT_OUT:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            paths.setdefault(PARAMETER.sub(r"{\1}", rule.rule), {})[method.lower()] = operation(rule.rule, method)
    return {"openapi": "3.0.3", "info": {"title": "Respite", "version": "1"}, "paths": paths}


def operation(address: str, method: str) -> dict[str, Any]:
    """One method of one address."""
    parameters = [{"name": name, "in": "path", "required": True, **TEXT} for name in re.findall(PARAMETER, address)]
    if method == "GET":
        return {
            "parameters": parameters + [{"name": n, "in": "query", **TEXT} for n in names_read()],
            "responses": ANSWERS,
        }
    fields = {"type": "object", "properties": {name: {"type": "string"} for name in names_read()}}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": fields}}}
    return {"parameters": parameters, "requestBody": body, "responses": ANSWERS}


if __name__ == "__main__":
    json.dump(description(), sys.stdout, indent=1)
