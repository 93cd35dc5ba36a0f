"""The bill of materials: valid by CycloneDX's own schema, and nothing that is installed to serve is missing."""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.sbom import bill, pinned_for_browsers, pinned_for_python

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written() -> str:
    return bill(ROOT)


@pytest.fixture(scope="module")
def components(written: str) -> dict[str, Any]:
    return {one["purl"]: one for one in json.loads(written)["components"]}


def test_it_is_valid_by_the_official_schema(written: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None


def test_every_pin_is_there_with_its_hashes(components: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = [line.partition(" ")[0] for line in lock.splitlines() if "==" in line and not line.startswith(" ")]
    assert {f"pkg:pypi/{pin.replace('==', '@')}" for pin in pins} < set(components)
    assert sum(len(one["hashes"]) for one in components.values()) == lock.count("--hash=") + len(browsers(components))
    assert f"pkg:pypi/flask@{distribution('flask').version}" in components


def browsers(components: dict[str, Any]) -> list[str]:
    return [purl for purl in components if purl.startswith("pkg:npm/")]


def test_what_browsers_load_is_there_and_what_only_builds_is_not(components: dict[str, Any]) -> None:
    assert len(browsers(components)) == 2
    built = {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "==", "dev": True}
    lock = {"packages": {"": {}, "node_modules/a/node_modules/@b/c": {**built, "dev": False}, "node_modules/d": built}}
    [found] = pinned_for_browsers(json.dumps(lock))
    assert (found.group, found.name, found.bom_ref.value) == ("@b", "c", "pkg:npm/%40b/c@1.0.0")


def test_it_says_which_needs_which(written: str) -> None:
    needs = {one["ref"].partition("@")[0]: str(one.get("dependsOn")) for one in json.loads(written)["dependencies"]}
    assert "pkg:pypi/jinja2@" in needs["pkg:pypi/flask"]
    assert "pkg:pypi/flask@" in needs["respite"]
    assert "pkg:pypi/markupsafe@" not in needs["respite"]


def test_markers_are_no_part_of_a_version() -> None:
    [found], needed_by = pinned_for_python("tzdata==2026.1 ; sys_platform == 'win32' \\\n    # via psycopg\n")
    assert (found.version, needed_by) == ("2026.1", {"tzdata": {"psycopg"}})
