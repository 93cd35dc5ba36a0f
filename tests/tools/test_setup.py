"""Set-up tells in one line what is in the way, fetches from where pip would, and knows when it is done."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tools import package_index, setup

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder, with a space in its name, that holds what set-up reads."""
    folder = tmp_path / "my clinic"
    folder.mkdir()
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def make_setup(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "COV"))}
    return subprocess.run(
        ["make", "setup", f"PYTHON={getattr(sys, '_base_executable', sys.executable)}"],
        cwd=clone,
        env={**inherited, "PIP_CONFIG_FILE": os.devnull, "MAKEFLAGS": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The only line on standard error beside make's own."""
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_an_index_that_cannot_be_reached_is_one_line(clone: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}/simple"
        line = complaint(make_setup(clone, PIP_INDEX_URL=nowhere))
    assert line.startswith("Set-up stopped: The package index cannot be reached")
    assert (clone / ".venv" / "setup.log").exists()
    assert not (clone / ".venv" / ".setup.json").exists()


def test_a_missing_module_of_python_is_one_line(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "sqlite3.py").write_text("raise ImportError")
    line = complaint(make_setup(clone, PYTHONPATH=str(tmp_path)))
    assert "lacks the module sqlite3" in line
    assert not (clone / ".venv").exists()


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Root may write to every folder that is there, so this one is not.
    monkeypatch.setattr(setup, "ROOT", tmp_path / "gone")
    with pytest.raises(setup.SetupError, match=r"^Nothing can be written to .*/gone \(No such file or directory\)"):
        setup.check_folder()


def test_a_missing_lock_file_is_one_line(clone: Path) -> None:
    (clone / "requirements.txt").unlink()
    assert "requirements.txt cannot be read" in complaint(make_setup(clone))


@pytest.mark.parametrize(
    ("module", "attribute", "value", "said"),
    [
        pytest.param("sys", "version_info", (3, 10, 9), "Python 3.11 or newer is needed", id="old python"),
        pytest.param("sqlite3", "sqlite_version_info", (3, 34, 1), "SQLite 3.35 or newer is needed", id="old sqlite"),
    ],
)
def test_what_is_too_old_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, attribute: str, value: tuple[int, ...], said: str
) -> None:
    monkeypatch.setattr(f"{module}.{attribute}", value)
    with pytest.raises(setup.SetupError, match=said):
        setup.check_python()


def test_a_python_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "tools" / "find_python.sh", broken, sys.executable], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sys.executable


def test_no_python_at_all_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", ROOT / "tools" / "find_python.sh", "python3"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Python 3.11 or newer was not found" in complaint(done)


@pytest.fixture
def made(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .venv in the clone, with set-up looking there."""
    monkeypatch.setattr(setup, "ROOT", clone)
    monkeypatch.setattr(setup, "VENV", clone / ".venv")
    monkeypatch.setattr(setup, "PYTHON", clone / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "STAMP", clone / ".venv" / ".setup.json")
    (clone / ".venv").mkdir()
    venv.create(clone / ".venv", with_pip=False, symlinks=True)
    config = clone / ".venv" / "pyvenv.cfg"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("command")]
    config.write_text("\n".join([*lines, f"command = python3 -m venv {clone / '.venv'}"]))
    return clone


def test_a_venv_is_used_again_at_its_place_only(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setup.is_usable()
    monkeypatch.setattr(setup, "VENV", made.rename(made.with_name("moved")) / ".venv")
    monkeypatch.setattr(setup, "PYTHON", setup.VENV / "bin" / "python")
    assert not setup.is_usable()


def test_a_venv_whose_python_is_gone_is_not_used(made: Path) -> None:
    for name in ("python", "python3"):
        (made / ".venv" / "bin" / name).unlink()
    assert not setup.is_usable()


def test_nothing_is_done_when_the_stamp_fits_the_lock(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(setup, "install", calls.append)
    monkeypatch.setattr(setup, "_has_pip", lambda: True)
    setup.set_up(development=True)
    setup.set_up(development=True)
    setup.set_up(development=False)
    assert calls == ["requirements-dev.txt"]


def test_a_changed_runtime_lock_is_installed_and_asks_for_the_development_lock_again(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(setup, "install", calls.append)
    monkeypatch.setattr(setup, "_has_pip", lambda: True)
    setup.set_up(development=True)
    (made / "requirements.txt").write_text("changed")
    setup.set_up(development=False)
    assert json.loads(setup.STAMP.read_text()).keys() == {"requirements.txt"}
    setup.set_up(development=True)
    assert calls == ["requirements-dev.txt", "requirements.txt", "requirements-dev.txt"]


def test_an_unreadable_stamp_counts_as_none(made: Path) -> None:
    setup.STAMP.write_text("[half")
    assert setup.installed() == {}


PIP_LISTING = """\
:env:.cert='/etc/own.pem'
:env:.index-url='https://mirror.example/simple'
global.cert='/etc/other.pem'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.index-url='https://general.example/simple'
install.trusted-host='mirror.example'
global.odd=unquoted
"""


def test_uv_fetches_from_where_pip_is_told_to() -> None:
    assert package_index.uv_settings(package_index.pip_settings(PIP_LISTING), {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INSECURE_HOST": "mirror.example",
        "SSL_CERT_FILE": "/etc/own.pem",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_what_uv_has_been_told_itself_wins() -> None:
    environment = {"UV_INDEX_URL": "https://uv.example/simple", "SSL_CERT_FILE": "/etc/uv.pem"}
    assert package_index.uv_settings(package_index.pip_settings(PIP_LISTING), environment) == {
        "UV_INSECURE_HOST": "mirror.example"
    }


def test_folders_of_wheels_that_do_not_exist_are_left_out(tmp_path: Path) -> None:
    pip = {"find-links": f"{tmp_path} {tmp_path}/none https://wheels.example/", "no-index": "true"}
    settings = package_index.uv_settings(pip, {})
    assert settings["UV_FIND_LINKS"] == f"{tmp_path},https://wheels.example/"
    assert settings["UV_NO_INDEX"] == "1"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM ...", package_index.IS_ANOTHER_FILE),
        ("OSError: No space left on device", "The disk is full"),
        ("Caused by: dns error: failed to lookup", "The package index cannot be reached"),
        ("first\nerror: something else\n\n", "Installing failed (error: something else)"),
        ("", "Installing failed (without a word)"),
    ],
)
def test_the_reason_for_a_failure_is_found_in_the_output(output: str, said: str) -> None:
    assert package_index.reason(output).startswith(said)


def test_uv_goes_without_a_cache_where_there_is_no_home(tmp_path: Path) -> None:
    assert package_index.cache_option({}) == ["--no-cache"]
    assert package_index.cache_option({"HOME": "/nonexistent/home"}) == ["--no-cache"]
    assert package_index.cache_option({"HOME": str(tmp_path / "new")}) == []
    assert package_index.cache_option({"UV_CACHE_DIR": "/nonexistent"}) == []
