"""The front-end lock names exact versions and hashes, and no place to download from."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = json.loads((ROOT / "package.json").read_text())
LOCK_TEXT = (ROOT / "package-lock.json").read_text()
LOCK = json.loads(LOCK_TEXT)
EXACT = re.compile(r"^\d+\.\d+\.\d+$")
GROUPS = ("dependencies", "devDependencies")


def asked_for() -> dict[str, str]:
    return {name: version for group in GROUPS for name, version in PACKAGE.get(group, {}).items()}


def test_the_lock_holds_no_download_address() -> None:
    assert '"resolved"' not in LOCK_TEXT
    assert "://" not in re.sub(r'"funding": \{[^}]*\}|"url": "[^"]*"', "", LOCK_TEXT)


@pytest.mark.parametrize(("name", "version"), asked_for().items())
def test_versions_are_exact(name: str, version: str) -> None:
    assert EXACT.match(version), f"{name} {version}"
    assert LOCK["packages"][f"node_modules/{name}"]["version"] == version


def test_package_and_lock_agree() -> None:
    root = LOCK["packages"][""]
    assert [root.get(group, {}) for group in GROUPS] == [PACKAGE.get(group, {}) for group in GROUPS]


def test_every_locked_package_has_a_hash() -> None:
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert packages
    assert all(entry.get("integrity", "").startswith("sha512-") for entry in packages.values())


def test_no_package_asks_for_a_tag_that_moves() -> None:
    overridden = set(PACKAGE.get("overrides", {}))
    moving = [
        (owner, name, wanted)
        for owner, entry in LOCK["packages"].items()
        for name, wanted in entry.get("dependencies", {}).items()
        if re.fullmatch(r"[a-z]+", wanted) and name not in overridden
    ]
    assert moving == []
