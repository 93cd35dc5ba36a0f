"""`make schema`: fetch the official JSON schema of FHIR R4 for the tests, as the hash-locked npm package that holds it.

It goes into a git-ignored folder beside its lock, apart from what browsers load. Standard library only; a second run
with nothing changed reads two files and ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.assets import SetupError, npm_command, npm_environment, npm_reason, read_or_empty

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "tests" / "fhir_schema"
SCHEMA: Final = FOLDER / "node_modules" / "@asymmetrik" / "fhir-json-schema-validator" / "fhir.schema.json"
MARK: Final = FOLDER / "node_modules" / ".installed-lock"
NPM_CI: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1")


def main() -> int:
    """Fetch the schema where needed; 0 when it is there, 1 with one line on stderr when it is not."""
    lock = read_or_empty(FOLDER / "package-lock.json")
    if SCHEMA.is_file() and read_or_empty(MARK) == lock:
        return 0
    try:
        fetch()
    except SetupError as error:
        print(f"schema: {error}", file=sys.stderr)
        return 1
    MARK.write_text(lock, encoding="utf-8")
    print(f"schema: fetched {SCHEMA.name}")
    return 0


def fetch() -> None:
    """Install the locked package. Raises SetupError with the reason when npm cannot."""
    command = [*npm_command(ROOT), *NPM_CI]
    done = subprocess.run(
        command, cwd=FOLDER, env=npm_environment(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"npm could not fetch the FHIR schema ({npm_reason(done.stderr)}). Check the network.")


if __name__ == "__main__":
    sys.exit(main())
