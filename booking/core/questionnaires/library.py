"""The forms that ship with the program, by code, version and language, and how a library of forms is put together.

Adding a form is adding a file to `definitions/`: `goals.json` is the form, `goals.de.json` the same form in German.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from types import MappingProxyType

from booking.core.errors import NotFound
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.core.questionnaires.score_tables import SHIPPED_TABLES, ScoreTables
from booking.core.questionnaires.scoring import ScoreTable
from booking.core.questionnaires.translations import translation_mistakes

MAX_BYTES = 400_000
"""Largest definition that is read at all; the largest that ships has about a tenth of it."""


class DefinitionRefused(ValueError):
    """A definition file has mistakes; `mistakes` lists all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))


@dataclass(frozen=True)
class Library:
    """Questionnaires in all their versions. A response keeps naming its own version; a new one gets the latest.

    `translations` are further languages of some of them: the same `url|version`, link ids and codes, other words.
    `tables` score them."""

    questionnaires: tuple[Questionnaire, ...]
    translations: tuple[Questionnaire, ...] = ()
    tables: ScoreTables = SHIPPED_TABLES

    @cached_property
    def _by_canonical(self) -> Mapping[str, Questionnaire]:
        return {q.canonical: q for q in self.questionnaires}

    @cached_property
    def _latest(self) -> Mapping[str, Questionnaire]:
        # A version in use goes before a newer one that is a draft or was retired.
        ordered = sorted(self.questionnaires, key=lambda q: (q.status == "active", version_key(q)))
        return {q.code: q for q in ordered}

    @cached_property
    def _by_language(self) -> Mapping[tuple[str, str], Questionnaire]:
        return {(q.canonical, q.language): q for q in (*self.translations, *self.questionnaires)}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, sorted: what a service of the clinic file may ask for."""
        return tuple(sorted(self._latest))

    def latest(self, code: str) -> Questionnaire:
        """The newest version in use of the form `code`, in its first language. Raises NotFound."""
        if code not in self._latest:
            raise NotFound(questionnaire=code)
        return self._latest[code]

    def exact(self, canonical: str) -> Questionnaire:
        """The form `url|version` that an existing response was given to, in its first language. Raises NotFound."""
        if canonical not in self._by_canonical:
            raise NotFound(questionnaire=canonical)
        return self._by_canonical[canonical]

    def original(self, canonical: str, language: str) -> Questionnaire | None:
        """The form `url|version` when its first language is another one: what a file in `language` is a translation of.
        None when there is no such form, or it is that file itself."""
        first = self._by_canonical.get(canonical)
        return first if first is not None and first.language != language else None

    def versions(self, code: str) -> tuple[Questionnaire, ...]:
        """Every version of the form `code`, the newest first; empty when there is none."""
        return tuple(q for q in sorted(self.questionnaires, key=version_key, reverse=True) if q.code == code)

    def languages(self, questionnaire: Questionnaire) -> tuple[str, ...]:
        """The languages in which this version is offered, its first one first."""
        others = [q.language for q in self.translations if q.canonical == questionnaire.canonical]
        return tuple(dict.fromkeys((self.exact(questionnaire.canonical).language, *sorted(others))))

    def in_language(self, questionnaire: Questionnaire, language: str) -> Questionnaire:
        """The same version in `language` ("de-AT" takes "de"), or in its first language when there is no such file."""
        for wanted in (language.replace("_", "-"), language.replace("_", "-").split("-", maxsplit=1)[0]):
            if (questionnaire.canonical, wanted) in self._by_language:
                return self._by_language[questionnaire.canonical, wanted]
        return self.exact(questionnaire.canonical)

    def joined(
        self,
        others: Sequence[Questionnaire],
        translations: Sequence[Questionnaire] = (),
        tables: Mapping[str, ScoreTable] = MappingProxyType({}),
    ) -> Library:
        """This library and further forms, such as those a clinic imported or made: other forms, or new versions of
        these, with their score tables by `url|version`. What is here already stays as it is, and no other form takes
        over its code."""
        urls = {q.code: q.url for q in self.questionnaires}
        own = [q for q in others if q.canonical not in self._by_canonical and urls.get(q.code, q.url) == q.url]
        known = {*self._by_canonical, *(q.canonical for q in own)}
        offered = [q for q in translations if q.canonical in known]
        return Library((*self.questionnaires, *own), (*self.translations, *offered), self.tables.joined(tables))


def read_definition(text: str) -> Questionnaire:
    """A Questionnaire from the text of a FHIR JSON file. Raises DefinitionRefused with every mistake."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise DefinitionRefused([Mistake("", "size", f"is larger than {MAX_BYTES} bytes")])
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DefinitionRefused([Mistake("", "json", f"is no JSON: {error}")]) from None
    if not isinstance(data, dict):
        raise DefinitionRefused([Mistake("", "json", "must be a JSON object")])
    mistakes = find_mistakes(data)
    if mistakes:
        raise DefinitionRefused(mistakes)
    return parse_questionnaire(data)


def read_translation(text: str, original: Questionnaire) -> Questionnaire:
    """The same version in another language. Raises DefinitionRefused when it is not the same but for its words."""
    translated = read_definition(text)
    mistakes = translation_mistakes(original, translated)
    if mistakes:
        raise DefinitionRefused(mistakes)
    return translated


def shipped_texts() -> dict[str, str]:
    """The definition files that ship, translations included: their text by file name."""
    folder = files("booking.core.questionnaires") / "definitions"
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
    return {p.name: p.read_text(encoding="utf-8") for p in paths}


def version_key(questionnaire: Questionnaire) -> tuple[int, ...]:
    """Versions in order: 1.10.0 is above 1.9.0."""
    return tuple(int(part) for part in questionnaire.version.split("."))


def _shipped() -> Library:
    texts = shipped_texts()
    originals = {name: read_definition(text) for name, text in texts.items() if name.count(".") == 1}
    translated = {name: text for name, text in texts.items() if name not in originals}
    return Library(
        tuple(originals.values()),
        tuple(read_translation(text, originals[f"{name.split('.')[0]}.json"]) for name, text in translated.items()),
    )


SHIPPED = _shipped()
