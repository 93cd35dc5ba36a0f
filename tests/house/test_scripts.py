"""What our scripts never do: make markup or code of text, keep anything in the browser, or talk to other windows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "booking" / "static" / "js").glob("*.js"))
NEVER = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|"
    r"localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|__proto__|importScripts"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_of_ours_takes_no_short_cut(script: Path) -> None:
    assert NEVER.findall(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", ["node.innerHTML = text", "localStorage.setItem('a', 'b')", "eval(text)"])
def test_a_short_cut_is_found(line: str) -> None:
    assert NEVER.search(line)
