"""The forms that ship with the program, by code and by version. Adding one is adding a file to `definitions/`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from booking.core.errors import NotFound
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import Questionnaire, parse_questionnaire
from booking.core.questionnaires.fhir_shape import Mistake


class DefinitionRefused(ValueError):
    """A definition file has mistakes; `mistakes` lists all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))


@dataclass(frozen=True)
class Library:
    """Questionnaires in all their versions. A response keeps naming its own version; a new one gets the latest."""

    questionnaires: tuple[Questionnaire, ...]

    @cached_property
    def _by_canonical(self) -> Mapping[str, Questionnaire]:
        return {q.canonical: q for q in self.questionnaires}

    @cached_property
    def _latest(self) -> Mapping[str, Questionnaire]:
        return {q.code: q for q in sorted(self.questionnaires, key=_version_key)}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, sorted: what a service of the clinic file may ask for."""
        return tuple(sorted(self._latest))

    def latest(self, code: str) -> Questionnaire:
        """The newest version of the form `code`. Raises NotFound."""
        if code not in self._latest:
            raise NotFound(questionnaire=code)
        return self._latest[code]

    def exact(self, canonical: str) -> Questionnaire:
        """The form `url|version` that an existing response was given to. Raises NotFound."""
        if canonical not in self._by_canonical:
            raise NotFound(questionnaire=canonical)
        return self._by_canonical[canonical]


def read_definition(text: str) -> Questionnaire:
    """A Questionnaire from the text of a FHIR JSON file. Raises DefinitionRefused with every mistake."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise DefinitionRefused([Mistake("", "json", f"is no JSON: {error}")]) from None
    if not isinstance(data, dict):
        raise DefinitionRefused([Mistake("", "json", "must be a JSON object")])
    mistakes = find_mistakes(data)
    if mistakes:
        raise DefinitionRefused(mistakes)
    return parse_questionnaire(data)


def shipped_texts() -> dict[str, str]:
    """The definition files that ship: their text by file name."""
    folder = files("booking.core.questionnaires") / "definitions"
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
    return {p.name: p.read_text(encoding="utf-8") for p in paths}


def _version_key(questionnaire: Questionnaire) -> tuple[int, ...]:
    return tuple(int(part) for part in questionnaire.version.split("."))


SHIPPED = Library(tuple(read_definition(text) for text in shipped_texts().values()))
