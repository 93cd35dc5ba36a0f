"""Pure functions that turn style sheets of others, and ours, into what pages load. No file is read here.

The parser knows just enough CSS to walk rules: strings, comments, braces. It expects a valid sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

LAYERS: Final = "@layer base,calendar,app,staff,print;"
THEIR_FONT: Final = "GDS Transport,arial,sans-serif"
OUR_FONT: Final = "var(--app-font)"
# What may look official (crown, crest, logotype) has no place in a clinic's program.
OFFICIAL_CLASSES: Final = (".govuk-header__logotype", ".govuk-footer__licence-logo", ".govuk-footer__copyright-logo")
# Components that this program does not use; their rules would only cost the first visit time.
UNUSED_COMPONENTS: Final = (
    ".govuk-accordion", ".govuk-breadcrumbs", ".govuk-character-count", ".govuk-cookie-banner", ".govuk-exit-this-page",
    ".govuk-feedback", ".govuk-file-upload", ".govuk-footer", ".govuk-generic-header", ".govuk-header",
    ".govuk-language-navigation", ".govuk-notification-banner", ".govuk-pagination", ".govuk-panel",
    ".govuk-phase-banner", ".govuk-service-navigation", ".govuk-table", ".govuk-tabs", ".govuk-tag",
    ".govuk-warning-text",
)  # fmt: skip

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRING: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_GROUPING: Final = ("@media", "@supports", "@layer", "@container")


class Rule(NamedTuple):
    """A prelude (selectors or at-rule) and the text between its braces, None for statements like `@charset`."""

    prelude: str
    body: str | None


def rules(css: str) -> Iterator[Rule]:
    """The top-level rules of a sheet without comments."""
    position = 0
    while position < len(css):
        end = _next_of(css, position, "{;}")
        prelude = css[position:end].strip()
        if end >= len(css) or css[end] != "{":
            if prelude:
                yield Rule(prelude, None)
            position = end + 1
            continue
        close = _closing_brace(css, end)
        yield Rule(prelude, css[end + 1 : close].strip())
        position = close + 1


def _next_of(css: str, position: int, wanted: str) -> int:
    """The index of the next of these characters outside strings and parentheses; the length when there is none."""
    depth = 0
    while position < len(css):
        character = css[position]
        if character in "\"'":
            position = _end_of_string(css, position)
            continue
        if character == "\\":
            position += 2
            continue
        depth += (character == "(") - (character == ")")
        if character in wanted and depth == 0:
            return position
        position += 1
    return len(css)


def _end_of_string(css: str, position: int) -> int:
    match = _STRING.match(css, position)
    if match is None:
        raise ValueError(f"a string does not end: {css[position : position + 40]}")
    return match.end()


def _closing_brace(css: str, opening: int) -> int:
    depth = 0
    position = opening
    while position < len(css):
        position = _next_of(css, position, "{}")
        if position < len(css):
            depth += 1 if css[position] == "{" else -1
        if depth == 0:
            return position
        position += 1
    raise ValueError(f"a block does not end: {css[opening - 60 : opening]}")


def without_comments(css: str) -> str:
    """The sheet without comments, the source map's address among them."""
    return _COMMENT.sub("", css)


def without_rules(css: str, is_unwanted: Callable[[str], bool]) -> str:
    """The sheet without the selectors for which `is_unwanted` holds, and the rules and groups that this empties."""
    return "".join(_kept(rule, is_unwanted) for rule in rules(css))


def _kept(rule: Rule, is_unwanted: Callable[[str], bool]) -> str:
    if rule.body is None:
        return f"{rule.prelude};"
    if rule.prelude.startswith(_GROUPING):
        inner = without_rules(rule.body, is_unwanted)
        return f"{rule.prelude}{{{inner}}}" if inner else ""
    selectors = [selector for selector in _selectors(rule.prelude) if not is_unwanted(selector)]
    return f"{','.join(selectors)}{{{rule.body}}}" if selectors else ""


def _selectors(prelude: str) -> list[str]:
    if prelude.startswith("@"):
        return [prelude]
    found = []
    position = 0
    while position < len(prelude):
        end = _next_of(prelude, position, ",")
        found.append(prelude[position:end].strip())
        position = end + 1
    return found


def without_charset_and_fonts(css: str) -> str:
    """The sheet without `@charset` and every `@font-face`: we ship one typeface, and it is not theirs."""
    kept = [rule for rule in rules(css) if not rule.prelude.startswith(("@charset", "@font-face"))]
    return "".join(f"{rule.prelude};" if rule.body is None else f"{rule.prelude}{{{rule.body}}}" for rule in kept)


def with_our_font(css: str) -> str:
    """Their typeface replaced by ours."""
    return css.replace(THEIR_FONT, OUR_FONT)


def names_official(selector: str) -> bool:
    """Whether a selector styles something that may look official."""
    return any(name in selector for name in OFFICIAL_CLASSES)


def names_unused(selector: str) -> bool:
    """Whether a selector belongs to a component that no page uses (".govuk-tag" does not mean ".govuk-tagline")."""
    return any(re.search(re.escape(name) + r"(?![a-zA-Z0-9])", selector) for name in UNUSED_COMPONENTS)


def in_layer(css: str, layer: str) -> str:
    """The sheet wrapped, so that it loses against later layers: style outside a layer would beat every layer."""
    return f"@layer {layer}{{{css}}}"


def themed_base(css: str) -> str:
    """The base as pages load it: no fonts, no official marks, no unused parts, our typeface, in its layer."""
    css = without_charset_and_fonts(without_comments(css))
    css = without_rules(css, names_official)
    css = without_rules(css, names_unused)
    return in_layer(with_our_font(css), "base")


def minified(css: str) -> str:
    """Our own sheet without comments and needless white space; text inside strings stays as it is."""
    strings: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        strings.append(match.group())
        return f'"{len(strings) - 1}"'

    css = _STRING.sub(put_away, without_comments(css))
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css)
    css = re.sub(r":\s+", ":", css).replace(";}", "}")
    return re.sub(r'"(\d+)"', lambda match: strings[int(match.group(1))], css).strip()


def bundle(base: str, own: list[str]) -> str:
    """One sheet: the order of the layers first of all, then the base, then our sheets in the order given."""
    return "\n".join([LAYERS, base, *(minified(sheet) for sheet in own)]) + "\n"
