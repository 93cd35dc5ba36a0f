"""Fetching the R4 schema: not twice, with its reason when it fails, and from a lock with hashes and exact versions."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tools import r4_schema

LOCK = json.loads((r4_schema.FOLDER / "package-lock.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock and nothing installed, in place of the one of the tests."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(r4_schema, "FOLDER", tmp_path)
    monkeypatch.setattr(r4_schema, "SCHEMA", tmp_path / "schema.json")
    monkeypatch.setattr(r4_schema, "MARK", tmp_path / "mark")
    monkeypatch.setattr(r4_schema, "npm_command", lambda _root: ["npm"])
    return tmp_path


def _npm(monkeypatch: pytest.MonkeyPatch, status: int, stderr: str = "") -> list[list[str]]:
    """An npm that only notes how it was started."""
    calls: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, status, "", stderr)

    monkeypatch.setattr(r4_schema.subprocess, "run", run)
    return calls


def test_it_is_fetched_once_for_each_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _npm(monkeypatch, 0)
    (folder / "schema.json").write_text("{}", encoding="utf-8")
    assert [r4_schema.main(), r4_schema.main()] == [0, 0]
    (folder / "package-lock.json").write_text('{"new": 1}', encoding="utf-8")
    assert r4_schema.main() == 0
    assert [call[:2] for call in calls] == [["npm", "ci"]] * 2
    assert all("--ignore-scripts" in call for call in calls)


def test_a_failure_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _npm(monkeypatch, 1, "npm error no network")
    assert r4_schema.main() == 1
    assert "no network" in capsys.readouterr().err
    assert not (folder / "mark").exists()


def test_the_lock_names_hashes_and_exact_versions_and_no_address() -> None:
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in LOCK["packages"][""]["dependencies"].values())
