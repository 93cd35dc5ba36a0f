"""A language made of marks: every sentence that goes through gettext stands in ⟦brackets⟧, so what does not is seen.

The language goes by the code of a real one whose letters are not ours, so that dates and numbers cannot be taken for
forgotten English either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo

ROOT = Path(__file__).parents[2]
LOCALE = "el"
ACCENTED = str.maketrans("aeioucnszAEIOUCNSZ", "åéîøüçñšžÅÉÎØÜÇÑŠŽ")
PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]+>|&\w+;)")
GROWTH = 0.4
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")


def mark(text: str) -> str:
    """The text with accents, two fifths longer, in brackets; placeholders are left alone."""
    parts = PLACEHOLDER.split(text)
    accented = "".join(part if place % 2 else part.translate(ACCENTED) for place, part in enumerate(parts))
    return f"⟦{accented}{'·' * int(len(text) * GROWTH)}⟧"


def messages() -> list[tuple[str | tuple[str, ...], str]]:
    """Every sentence of the program, with the file it was found in; plural ones are pairs."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    found = extract_from_dir(
        ROOT, methods, options, KEYWORDS,
        directory_filter=lambda folder: not Path(folder).name.startswith((".", "_p")) and "node_modules" not in folder,
    )  # fmt: skip
    return [(text, name) for name, _, text, *_ in found if name.startswith("booking/")]


def catalogue() -> Catalog:
    """All sentences, translated into marks."""
    made = Catalog(locale=LOCALE, domain="messages")
    for text, name in messages():
        marked = mark(text) if isinstance(text, str) else tuple(mark(one) for one in text)
        made.add(text, marked, locations=[(name, 1)])
    return made


@cache
def compiled() -> bytes:
    """The catalogue as gettext reads it; reading all sources takes seconds."""
    target = BytesIO()
    write_mo(target, catalogue())
    return target.getvalue()


def translations() -> GNUTranslations:
    return GNUTranslations(BytesIO(compiled()))


def write(folder: Path) -> None:
    """Put the compiled catalogue where Flask-Babel looks for it."""
    place = folder / LOCALE / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "messages.mo").write_bytes(compiled())


class VisibleText(HTMLParser):
    """Collects what people see or hear of a page: text, and the attributes that are read out or shown."""

    HEARD = frozenset({"aria-label", "alt", "title", "placeholder", "aria-roledescription"})
    # Licences and letters are shown as they were written; codes and keys are no words.
    SILENT = frozenset({"script", "style", "pre", "code"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        self.parts += [value for name, value in attrs if name in self.HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.parts.append(" ".join(data.split()))


def visible(page: str) -> str:
    parser = VisibleText()
    parser.feed(page)
    return "\n".join(parser.parts)


def unmarked(text: str) -> str:
    """What stands outside all brackets; a marked sentence may hold marked values."""
    while (shorter := MARKED.sub("", text)) != text:
        text = shorter
    return text


def words(text: str, allowed: re.Pattern[str]) -> Iterator[str]:
    """Lines outside the brackets in which words of our alphabet remain."""
    for line in unmarked(text).splitlines():
        rest = allowed.sub("", line)
        if re.search(r"[A-Za-z]{2,}", rest):
            yield line.strip()
