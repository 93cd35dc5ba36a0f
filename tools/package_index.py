"""Where pip and uv fetch packages from, and what it means when they cannot. Read by set-up; standard library only."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

IS_ANOTHER_FILE = "A downloaded package differs from the one that was locked, so nothing was installed"

HASH_SIGNS = ("DO NOT MATCH THE HASHES", "Hash mismatch", "hash mismatch")
NETWORK_SIGNS = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "ProxyError",
    "timed out",
    "dns error",
    "error sending request",
    "Failed to fetch",
    "client error (Connect)",
)


def pip_settings(listing: str) -> dict[str, str]:
    """Read `pip config list`; the environment wins over the section for installing, that over the general one."""
    found: dict[str, str] = {}
    lines = [line.split("=", 1) for line in listing.splitlines() if "=" in line]
    for section in ("global.", "install.", ":env:."):
        for name, value in lines:
            if name.startswith(section):
                with contextlib.suppress(ValueError, SyntaxError):
                    found[name[len(section) :]] = str(ast.literal_eval(value))
    return found


def uv_settings(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """What tells uv, which does not read pip's configuration, to fetch from where pip fetches.

    A setting of uv that the environment already has is left alone.
    """
    wanted = {
        "UV_DEFAULT_INDEX": pip.get("index-url", "").strip(),
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(place for place in pip.get("find-links", "").split() if _may_exist(place)),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "UV_NO_INDEX": "1" if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else "",
        "SSL_CERT_FILE": pip.get("cert", ""),
        "HTTPS_PROXY": pip.get("proxy", ""),
        # As pip does, look at all indexes; the hashes decide what may be installed.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    chosen = {name: value for name, value in wanted.items() if value and name not in environment}
    if any(name.startswith("UV_") and "INDEX" in name for name in environment):
        return {name: value for name, value in chosen.items() if "INDEX" not in name}
    return chosen


def _may_exist(place: str) -> bool:
    """pip passes over a folder that is not there, uv stops."""
    return "://" in place or Path(place).exists()


def reason(output: str) -> str:
    """One sentence without its full stop that says why installing failed, as far as pip's or uv's output tells."""
    if any(sign in output for sign in HASH_SIGNS):
        said = IS_ANOTHER_FILE
    elif "No space left on device" in output:
        said = "The disk is full"
    elif any(sign in output for sign in NETWORK_SIGNS):
        said = "The package index cannot be reached: check the network, and PIP_INDEX_URL or PIP_PROXY if you need one"
    else:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        said = f"Installing failed ({lines[-1] if lines else 'without a word'})"
    return said


def cache_option(environment: Mapping[str, str]) -> list[str]:
    """Go without uv's cache when its usual place cannot be written, as in a container without a home folder."""
    if "UV_CACHE_DIR" in environment:
        return []
    home = environment.get("XDG_CACHE_HOME") or environment.get("HOME")
    place = Path(home) if home else Path("/nonexistent")
    while not place.exists():
        place = place.parent
        if place == Path("/"):
            return ["--no-cache"]
    return [] if os.access(place, os.W_OK) else ["--no-cache"]
