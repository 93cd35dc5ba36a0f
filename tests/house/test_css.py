"""Our own sheets and templates: logical properties, no inline style or script, nothing from another host."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "booking" / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
# Mails and the copy of one's own data are read without us: no style sheet of ours is there.
SERVED = {path for path in (ROOT / "booking" / "templates").rglob("*.html") if "email" not in path.parts}
TEMPLATES = sorted(SERVED - {ROOT / "booking" / "templates" / "privacy" / "copy.html"})

SIDES = r"(?:left|right)"
PHYSICAL = re.compile(
    rf"(?:^|[;{{\s])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-{SIDES}[\w-]*|{SIDES}|border-(?:top|bottom)-{SIDES}-radius)\s*:"
    rf"|(?:text-align|float|clear)\s*:\s*{SIDES}"
)
INLINE = re.compile(r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|\sdata-hx-on|javascript:|<style\b""", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\ssrc=)", re.IGNORECASE)
OTHER_HOST = re.compile(
    r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""", re.IGNORECASE
)


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_sheets_use_logical_properties_only(sheet: Path) -> None:
    assert PHYSICAL.findall(without_comments(sheet)) == []


@pytest.mark.parametrize(
    "declaration", ["margin-left: 1px", "{left:0}", "text-align: right", "border-top-left-radius: 1px"]
)
def test_the_search_for_physical_properties_finds_them(declaration: str) -> None:
    assert PHYSICAL.search(" " + declaration)


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_sheets_never_shout(sheet: Path) -> None:
    assert "!important" not in without_comments(sheet)


@pytest.mark.parametrize("sheet", [sheet for sheet in SHEETS if sheet.name != "fonts.css"], ids=name_of)
def test_all_our_style_is_in_a_layer(sheet: Path) -> None:
    rest = without_comments(sheet).strip()
    assert re.match(r"@layer (?:app|staff|print) \{", rest)
    assert rest.count("@layer") == 1
    assert rest.endswith("}")


def test_both_ways_into_the_dark_give_the_same_colours() -> None:
    tokens = without_comments(STATIC / "css" / "tokens.css")
    by_device, by_choice = re.findall(
        r'(?:not\(\[data-theme="light"\]\)|\[data-theme="dark"\]:root) \{(.*?)\}', tokens, re.DOTALL
    )
    assert by_device.split() == by_choice.split()


def test_every_colour_of_the_light_has_one_in_the_dark() -> None:
    tokens = without_comments(STATIC / "css" / "tokens.css")
    light, dark = (
        set(re.findall(r"(--[\w-]+):", block))
        for block in re.findall(r"color-scheme: \w+;(.*?)\}", tokens, re.DOTALL)[:2]
    )
    assert light == dark


def test_the_typeface_files_are_those_of_the_locked_version() -> None:
    version = re.search(
        r'"@fontsource-variable/atkinson-hyperlegible-next": "([\d.]+)"', (ROOT / "package.json").read_text()
    )
    named = set(re.findall(r"hyperlegible-next-([\d.]+)-latin", (STATIC / "css" / "fonts.css").read_text()))
    assert version is not None
    assert named == {version.group(1)}


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_templates_hold_no_inline_style_or_script(template: Path) -> None:
    text = without_comments(template)
    assert INLINE.findall(text) == []
    assert INLINE_SCRIPT.findall(text) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *SHEETS, *SCRIPTS], ids=name_of)
def test_nothing_comes_from_another_host(path: Path) -> None:
    assert OTHER_HOST.findall(without_comments(path)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_every_button_says_its_type(template: Path) -> None:
    assert re.findall(r"<button\b(?![^>]*\btype=)", without_comments(template)) == []
