"""Each package that we ask for has a line in docs/dependencies.md that says why, and no line is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<name>[@\w./-]+) \| (?P<why>.+) \|$", re.MULTILINE)


def told() -> dict[str, str]:
    rows = ROW.findall((ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8"))
    return {canonicalize_name(name): why for name, why in rows if name not in {"package", "found"}}


def asked_for() -> set[str]:
    lines = [line for file in ROOT.glob("requirements*.in") for line in file.read_text(encoding="utf-8").splitlines()]
    python = {Requirement(line).name for line in lines if line and not line.startswith(("#", "-"))}
    node = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "tests" / "fhir_schema" / "package.json").read_text(encoding="utf-8"))
    npm = {*node["dependencies"], *node.get("devDependencies", {}), *schema["dependencies"]}
    return {canonicalize_name(name) for name in python | npm}


def test_every_package_says_why_it_is_there() -> None:
    assert set(told()) == asked_for()
