"""The lock files hold what the .in files ask for, with hashes; the development lock holds all of the runtime lock."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt", "requirements-uv.txt")
PIN = re.compile(
    r"^(?P<name>[\w.-]+)(\[[\w,-]+\])?==(?P<version>[^\s;\\]+)(?P<rest>[^\n]*(?:\n[ ]{4}[^\n]*)*)", re.MULTILINE
)


def wanted(name: str) -> dict[str, Requirement]:
    """The requirements of one .in file itself, by canonical name."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(one.name): one for one in found}


def pinned(name: str) -> dict[str, re.Match[str]]:
    """The entries of a lock file by canonical name: version, hashes and where they come from."""
    return {canonicalize_name(one["name"]): one for one in PIN.finditer((ROOT / name).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_to_a_fitting_version(lock: str) -> None:
    pins = pinned(lock)
    asked = wanted(lock.replace(".txt", ".in"))
    assert {name for name, one in asked.items() if name not in pins} == set()
    assert {name for name, one in asked.items() if not one.specifier.contains(pins[name]["version"])} == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_no_pin_is_left_over_from_a_requirement_that_is_gone(lock: str) -> None:
    source = lock.replace(".txt", ".in")
    direct = {
        name
        for name, pin in pinned(lock).items()
        if re.search(rf"(via|#)\s+-r {re.escape(source)}$", pin["rest"], re.MULTILINE)
    }
    assert direct == set(wanted(source))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock: str) -> None:
    pins = pinned(lock)
    assert pins
    assert {name for name, pin in pins.items() if "--hash=sha256:" not in pin["rest"]} == set()
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_the_development_lock_holds_all_of_the_runtime_lock() -> None:
    development = pinned("requirements-dev.txt")
    differing = {
        name: pin["version"]
        for name, pin in pinned("requirements.txt").items()
        if name not in development or development[name]["version"] != pin["version"]
    }
    assert differing == {}
