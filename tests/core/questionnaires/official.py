"""The official R4 JSON schema, where it was fetched: `make schema`."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft6Validator

from tools.r4_schema import SCHEMA


@cache
def _definitions() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    return loaded


def schema_mistakes(resource: dict[str, Any]) -> list[str]:
    """Of the schema for the one kind of resource: the choice among all kinds would only say that none fits. Skips the
    test where there is no schema and none is demanded."""
    if not SCHEMA.is_file() and not os.environ.get("REQUIRE_SCHEMA"):
        pytest.skip("The official schema was not fetched: make schema")
    one = {"$ref": f"#/definitions/{resource['resourceType']}", "definitions": _definitions()}
    return [f"{e.json_path}: {e.message}" for e in Draft6Validator(one).iter_errors(resource)]
