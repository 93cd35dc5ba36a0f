"""`make sbom`: what the running program is made of, from its lock files, as CycloneDX 1.6 (`sbom.cdx.json`).

It holds what is installed to serve (requirements.txt) and what browsers load (package-lock.json), each with version,
package URL and the hashes that set-up insists on, and which needs which. Tools of checks and tests are not in it.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:(?P<value>[0-9a-f]{64})")
VIA = re.compile(r"^    #(?: via)? +(?P<name>-r requirements\.in|[a-z0-9._-]+)$")
OURS = "-r requirements.in"
NODE = "node_modules/"


def pinned_for_python(lock: str) -> tuple[list[Component], dict[str, set[str]]]:
    """The packages of a requirements.txt, and by package what needs it: others, or OURS."""
    found: list[Component] = []
    needed_by: dict[str, set[str]] = {}
    for line in lock.splitlines():
        if pin := PINNED.match(line):
            name, version = pin["name"], pin["version"]
            found.append(_component("pypi", None, name, version))
            needed_by[name] = set()
        elif known := HASH.search(line):
            found[-1].hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=known["value"]))
        elif via := VIA.match(line):
            needed_by[found[-1].name].add(via["name"])
    return found, needed_by


def pinned_for_browsers(lock: str) -> list[Component]:
    """The packages of a package-lock.json, but for those that only build."""
    found = []
    for place, package in json.loads(lock)["packages"].items():
        if place and not package.get("dev"):
            scope, _, name = place.rpartition(NODE)[2].rpartition("/")
            component = _component("npm", scope or None, name, package["version"])
            digest = base64.b64decode(package["integrity"].removeprefix("sha512-"), validate=True).hex()
            component.hashes.add(HashType(alg=HashAlgorithm.SHA_512, content=digest))
            found.append(component)
    return found


def _component(kind: str, scope: str | None, name: str, version: str) -> Component:
    url = PackageURL(type=kind, namespace=scope, name=name, version=version)
    return Component(
        name=name, group=scope, version=version, purl=url, type=ComponentType.LIBRARY, bom_ref=url.to_string()
    )  # fmt: skip


def bill(root: Path) -> str:
    """The whole bill as JSON, for the repository at `root`."""
    python, needed_by = pinned_for_python((root / "requirements.txt").read_text(encoding="utf-8"))
    browsers = pinned_for_browsers((root / "package-lock.json").read_text(encoding="utf-8"))
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    program = Component(name="respite", version=version, type=ComponentType.APPLICATION, bom_ref="respite")
    bom = Bom(components=[*python, *browsers])
    bom.metadata.component = program
    bom.register_dependency(program, [*browsers, *(one for one in python if OURS in needed_by[one.name])])
    for one in python:
        bom.register_dependency(one, [other for other in python if one.name in needed_by[other.name]])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def main() -> int:
    """Write the file, and say how much is in it."""
    target = ROOT / "sbom.cdx.json"
    target.write_text(bill(ROOT) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(json.loads(target.read_text(encoding='utf-8'))['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
