"""Whether a form in another language is the same form: all but its words must be equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from booking.core.questionnaires.definition import Coding, Item, Questionnaire, walk
from booking.core.questionnaires.fhir_shape import Mistake

_WORDS = ("text", "hint", "low_label", "high_label")


def translation_mistakes(original: Questionnaire, translated: Questionnaire) -> list[Mistake]:
    """Where the two differ in more than words: head, order of items, codes, conditions, limits; [] when they agree."""
    found = [
        Mistake(name, "translation", "differs from the original")
        for name in ("code", "url", "version", "codings")
        if getattr(original, name) != getattr(translated, name)
    ]
    if original.language == translated.language:
        found.append(Mistake("language", "translation", "is the language of the original"))
    ours, theirs = list(walk(original.items)), list(walk(translated.items))
    if [i.link_id for i in ours] != [i.link_id for i in theirs]:
        return [*found, Mistake("item", "translation", "has other items, or another order of them")]
    for first, second in zip(ours, theirs, strict=True):
        found += [Mistake(first.link_id, "translation", words) for words in _item_differences(first, second)]
    return found


def _item_differences(original: Item, translated: Item) -> Iterator[str]:
    if _without_words(original) != _without_words(translated):
        yield "differs in more than words"
    if any(bool(getattr(original, name)) != bool(getattr(translated, name)) for name in _WORDS):
        yield "a text, a hint or a label is missing on one side"


def _without_words(item: Item) -> Item:
    """The item with every text taken out; what is nested is compared item by item."""
    return replace(
        item,
        text="",
        hint="",
        low_label="",
        high_label="",
        code=_bare(item.code) if item.code else None,
        options=tuple(replace(option, coding=_bare(option.coding)) for option in item.options),
        units=tuple(_bare(unit) for unit in item.units),
        columns=tuple(_without_words(column) for column in item.columns),
        items=(),
    )


def _bare(coding: Coding) -> Coding:
    return replace(coding, display="")
