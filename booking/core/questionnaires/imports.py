"""A questionnaire that a clinic brings along: what is taken out of it, and what must be there before it goes live.

Nothing of an imported file is executed or shown as markup: expressions are left out, and so named to the person who
imports it; what would change the way through the form is refused instead (clinical guide, 4.6).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir_shape import MAX_DEPTH, Mistake
from booking.core.questionnaires.library import MAX_BYTES
from booking.core.questionnaires.parsing import parse_questionnaire

_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_HL7 = "http://hl7.org/fhir/StructureDefinition/"
DROPPED_EXTENSIONS = frozenset(
    (
        *(_SDC + name for name in ("calculatedExpression", "initialExpression", "launchContext", "shortText")),
        *(_SDC + name for name in ("observationLinkPeriod", "observation-extract", "preferredTerminologyServer")),
        *(_HL7 + name for name in ("variable", "rendering-xhtml", "rendering-markdown", "rendering-style")),
        *(_HL7 + name for name in ("questionnaire-supportLink", "designNote", "entryFormat", "translation")),
    )
)
"""Extensions that only compute or decorate: the form asks the same without them."""
_DROPPED_PROPERTIES = ("text", "meta", "contained", "implicitRules")
_NEEDED = ("url", "version", "copyright", "approvalDate")
_DEEPEST = 6 * MAX_DEPTH
QUESTIONNAIRE = "Questionnaire"
_LONGEST_ID = 60
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HIDDEN_ELEMENT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an imported file: the cleaned JSON to keep, what was left out of it, and every mistake.

    `data` is {} when the file is no JSON object. It may be parsed when `mistakes` is empty."""

    data: Mapping[str, Any]
    dropped: tuple[str, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def questionnaire(self) -> Questionnaire:
        """The form as it would be shown. KeyError or ValueError while there are mistakes."""
        return parse_questionnaire(self.data)


def read_import(text: str) -> Imported:
    """An imported file, cleaned and checked. Never raises for anything that can be uploaded."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return Imported({}, (), (Mistake("", "size", f"is larger than {MAX_BYTES} bytes"),))
    data = _decoded(text)
    if isinstance(data, Mistake):
        return Imported({}, (), (data,))
    dropped: list[str] = []
    head = _with_id({name: value for name, value in data.items() if name not in _DROPPED_PROPERTIES})
    dropped += [name for name in data if name in _DROPPED_PROPERTIES]
    cleaned = _cleaned(head, "", dropped)
    return Imported(cleaned, tuple(dropped), tuple(find_mistakes(cleaned)))


def _decoded(text: str) -> dict[str, Any] | Mistake:
    """The JSON object, or the one thing that keeps it from being a Questionnaire at all."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return Mistake("", "json", f"line {error.lineno}, character {error.colno}: {error.msg}")
    except (ValueError, RecursionError):
        return Mistake("", "json", "it is nested too deeply, or holds a number that is too long")
    if not isinstance(data, dict):
        return Mistake("", "json", "it must be one object, in braces")
    if _depth(data) > _DEEPEST:
        return Mistake("", "depth", "is nested too deeply")
    kind = data.get("resourceType", QUESTIONNAIRE)
    if kind != QUESTIONNAIRE:
        return Mistake("", "no-questionnaire", kind[:_LONGEST_ID] if isinstance(kind, str) else "?")
    return data


def _with_id(head: Mapping[str, Any]) -> dict[str, Any]:
    """Exports often have no id, since that is the server's: one is made of the name, or of the end of the address."""
    found = (head.get(name) for name in ("name", "url"))
    for text in (one for one in found if isinstance(one, str)):
        words = re.findall(r"[a-z0-9]+", _WORD_BEGINS.sub("-", text.rstrip("/").rsplit("/", 1)[-1]).lower())
        if "id" not in head and words:
            return {**head, "id": "-".join(words)[:_LONGEST_ID].strip("-")}
    return dict(head)


def _depth(value: Any, limit: int = _DEEPEST + 1) -> int:
    """How deep values are nested, counted up to `limit`."""
    inner: Sequence[Any] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not isinstance(value, dict | list) or limit <= 0:
        return 0
    return 1 + max((_depth(one, limit - 1) for one in inner), default=0)


def _cleaned(value: Any, path: str, dropped: list[str]) -> Any:
    """The value without markup, primitive extensions and expressions; paths of what went are added to `dropped`."""
    if isinstance(value, str):
        return without_markup(value)
    if isinstance(value, list):
        kept = [one for one in value if not _is_dropped(one, path, dropped)]
        return [_cleaned(one, f"{path}[{index}]", dropped) for index, one in enumerate(kept)]
    if not isinstance(value, dict):
        return value
    return dict(_cleaned_properties(value, path, dropped))


def _cleaned_properties(value: Mapping[str, Any], path: str, dropped: list[str]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        if name.startswith("_"):
            # "_text" holds extensions of the text, such as its HTML form.
            dropped.append(here)
            continue
        cleaned = _cleaned(inner, here, dropped)
        # An array that held nothing but what was dropped is left out, as FHIR has no empty arrays.
        if cleaned != [] or inner == []:
            yield name, cleaned


def _is_dropped(value: Any, path: str, dropped: list[str]) -> bool:
    if not isinstance(value, dict) or not path.endswith("extension") or value.get("url") not in DROPPED_EXTENSIONS:
        return False
    dropped.append(f"{path} {value['url']}")
    return True


def without_markup(text: str) -> str:
    """A text without HTML: tags and what scripts hold are taken out, entities become the characters they stand for.

    Entities may hide tags, so both are done until nothing changes; "< 3 months" is no tag and stays."""
    while (stripped := _stripped(text)) != text:
        text = stripped
    return text


def _stripped(text: str) -> str:
    """One round of it: never longer than the text, and shorter unless nothing changed."""
    bare = _TAG.sub(" ", _HIDDEN_ELEMENT.sub(" ", _COMMENT.sub(" ", text)))
    if bare != text:
        text = _BLANKS.sub(" ", bare).strip()
    return html.unescape(text)


def activation_mistakes(
    data: Mapping[str, Any], *, has_licence: bool, asks_about_self_harm: bool | None
) -> list[Mistake]:
    """What still keeps an imported form from going live, beside its structure: [] when nothing does.

    `has_licence`: a named administrator stated who holds it, with reference and end date. `asks_about_self_harm` is
    the explicit answer to that question, None while nobody gave it; yes needs the items marked as safety items."""
    found = [Mistake(name, "missing", "is needed before the form goes live") for name in _NEEDED if not data.get(name)]
    if not has_licence:
        found.append(Mistake("", "licence", "needs the statement of an administrator about its licence"))
    if asks_about_self_harm is None:
        found.append(Mistake("", "safety", "needs an answer to whether an item asks about self-harm or suicide"))
    elif not find_mistakes(data):
        marked = any(item.is_safety for item in parse_questionnaire(data).questions)
        if marked != asks_about_self_harm:
            found.append(Mistake("", "safety", "the items marked as safety items do not agree with that answer"))
    return found
