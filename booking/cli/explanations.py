"""Prints why there are times or none: sentences for people, or one JSON object for each day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import click

from booking.adapters.explanations import ExplanationWords, plain_gettext, plain_ngettext, told_days
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.explain import DayExplanation, Removal
from booking.core.scheduling.intervals import Span, from_minutes


def print_explanation(clinic: Catalogue, days: Iterable[DayExplanation], *, as_json: bool) -> None:
    """Days in a row of which the same can be said are one paragraph; as JSON each day is a line of its own."""
    words = ExplanationWords(clinic, "en", plain_gettext, plain_ngettext)
    if as_json:
        for day in days:
            click.echo(json.dumps(_described(clinic, day, words)))
        return
    for told in told_days(days, words):
        heading = ", ".join(part for part in (words.when(told), words.who(told), words.where(told)) if part)
        click.echo("\n  ".join([f"{heading}:", *told.sentences]))


def _described(clinic: Catalogue, day: DayExplanation, words: ExplanationWords) -> dict[str, Any]:
    return {
        "on": day.on.isoformat(),
        "location": clinic.locations[day.location_id].code if day.location_id else None,
        "specialist": clinic.resources[day.specialist_id].code if day.specialist_id else None,
        "open": _instants(day.open_spans),
        "removed": [_removal(removal) for removal in day.removals],
        "slots": day.slots,
        "words": list(words.sentences(day)),
    }


def _removal(removal: Removal) -> dict[str, Any]:
    return {
        "code": removal.code,
        "params": {name: _plain(value) for name, value in removal.params.items()},
        "starts": _instants(removal.spans),
        "details": _details(removal.details),
        "slots_without": removal.slots_without,
    }


def _details(details: Mapping[str, Sequence[Span]]) -> dict[str, list[list[str]]]:
    return {name: _instants(spans) for name, spans in details.items()}


def _instants(spans: Iterable[Span]) -> list[list[str]]:
    return [[from_minutes(edge).strftime("%Y-%m-%dT%H:%M:%SZ") for edge in span] for span in spans]


def _plain(value: object) -> object:
    """Lengths in minutes, dates and instants in ISO form, what is left as it is."""
    if isinstance(value, timedelta):
        return value // timedelta(minutes=1)
    return value.isoformat() if isinstance(value, date | datetime) else value
