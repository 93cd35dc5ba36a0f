"""What `make assets` built looks like nobody's official site, and every shipped part has its licence in NOTICE."""

import gzip
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "booking" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
OFFICIAL = re.compile(r"GDS Transport|crest|logotype|licence-logo|copyright-logo|/assets/|url\(")
KILOBYTE = 1024

needs_build = pytest.mark.skipif(not MANIFEST.is_file(), reason="booking/static/vendor is not built; run make assets")


def built(name: str) -> bytes:
    return (VENDOR / json.loads(MANIFEST.read_text())[name]).read_bytes()


@needs_build
@pytest.mark.parametrize("name", ["patient.css", "staff.css"])
def test_built_sheets_hold_nothing_official(name: str) -> None:
    assert OFFICIAL.findall(built(name).decode()) == []


@needs_build
@pytest.mark.parametrize("name", ["patient.css", "staff.css"])
def test_built_sheets_are_layered_from_the_first_byte_to_the_last(name: str) -> None:
    first, *layers = built(name).decode().splitlines()
    assert first == "@layer base,calendar,app,staff,print;"
    assert all(re.match(r"@layer \w+\{.*\}$", layer) for layer in layers)


@needs_build
def test_only_known_kinds_of_files_are_shipped() -> None:
    kinds = {path.suffix for path in VENDOR.rglob("*") if path.is_file() and path.name != ".stamp"}
    assert kinds == {".css", ".js", ".json", ".woff2"}


@needs_build
def test_a_patients_first_visit_stays_within_its_budget() -> None:
    css = len(gzip.compress(built("patient.css")))
    scripts = sum(len(gzip.compress(built(name))) for name in ("app.js", "board.js", "govuk-frontend.js"))
    assert css <= 22 * KILOBYTE
    assert scripts <= 35 * KILOBYTE
    assert len(built("font-latin")) <= 40 * KILOBYTE


def shipped_packages() -> dict[str, str]:
    versions: dict[str, str] = json.loads((ROOT / "package.json").read_text())["dependencies"]
    return versions


@pytest.mark.parametrize(("name", "version"), shipped_packages().items())
def test_each_shipped_package_has_its_licence_in_notice(name: str, version: str) -> None:
    entry = re.search(
        rf"^{re.escape(name)} {re.escape(version)}\n.*?^Licence: (\S+)\n=+\n(.*?)(?=^=====|\Z)",
        (ROOT / "NOTICE").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert entry is not None
    licence, text = entry.groups()
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert licence == lock["packages"][f"node_modules/{name}"]["license"]
    assert "Copyright" in text
    assert len(text) > 1000
