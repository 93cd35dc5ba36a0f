"""`make lock`: pin every requirements*.in anew, for all platforms, with hashes. ARGS="--upgrade" raises versions.

The pins are kept where they still fit. What a machine has configured as extra sources of packages is left out, so that
the hashes are those of the public index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
COMPILE = ("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--quiet")
# In this order: the development lock takes over the versions of the runtime lock.
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements.in": (),
    "requirements-dev.in": ("--constraint", "requirements.txt"),
    "requirements-node.in": (),
    "requirements-uv.in": (),
}


def main(options: list[str]) -> int:
    """Write every lock file; the status of the first that fails, else 0."""
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for source, extra in LOCKS.items():
        if not (ROOT / source).exists():
            continue
        target = source.replace(".in", ".txt")
        print(f"Locking {target}", flush=True)
        command: list[str | Path] = [UV, *COMPILE, *extra, *options, source, "--output-file", target]
        status = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        if status != 0:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
