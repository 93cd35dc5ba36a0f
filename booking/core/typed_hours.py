"""Spans of opening hours as people type them: "9:00-12:00, 13-17", "8.30 to noon", "9 am - 5 pm", "20-+6"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from booking.core.scheduling.clinic import MinuteSpan

DAY = 1440
HALF_DAY = 720
LONGEST = 200
"""Characters of one day that are looked at: far more than anybody needs."""

_DASHES = re.compile(r"\s*(?:[-‐‑‒–—−~]|\b(?:to|until|till|bis)\b)\s*")
_BETWEEN = re.compile(r"[,;/&\n]+|\band\b|\bund\b")
_TIME = re.compile(
    r"(?P<later>\+)?(?:(?P<packed>\d{3,4})|(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})?)?)"
    r" ?(?P<half>[ap]\.?m?\.?|h|uhr)?"
)
_NAMED = {"noon": "12:00", "midday": "12:00", "midnight": "24:00"}
_CLOSED = frozenset({"", "-", "–", "closed", "off", "away", "none", "no"})


class UnreadHours(ValueError):
    """What was typed is no list of spans. `code`: unread, backwards or overlap; `text`: the part that is wrong."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def read_spans(text: str) -> tuple[MinuteSpan, ...]:
    """The spans of one day, sorted; () for nothing or "closed". Spans that touch stay two.

    Hours are of 24 unless am or pm is said; a "+" before an end means the next day.
    Raises UnreadHours for what cannot be read, ends before it begins, or overlaps.
    """
    plain = " ".join(text[: LONGEST + 1].lower().split())
    if len(plain) > LONGEST:
        raise UnreadHours("unread", f"{plain[:30]}…")
    if plain in _CLOSED:
        return ()
    for name, clock in _NAMED.items():
        plain = re.sub(rf"\b{name}\b", clock, plain)
    parts = [part.strip() for part in _BETWEEN.split(plain)]
    spans = sorted((_read_span(part) for part in parts if part), key=lambda span: (span.starts, span.ends))
    for earlier, later in pairwise(spans):
        if later.starts < earlier.ends:
            raise UnreadHours("overlap", written_spans([later]))
    if not spans:
        raise UnreadHours("unread", plain)
    return tuple(spans)


def read_span(text: str) -> MinuteSpan:
    """Exactly one span. Raises UnreadHours."""
    spans = read_spans(text)
    if len(spans) != 1:
        raise UnreadHours("unread", text.strip())
    return spans[0]


def read_time(text: str) -> int:
    """One time of day as its minute, 0 to 1440. Raises UnreadHours."""
    plain = " ".join(text[:LONGEST].lower().split())
    found = _TIME.fullmatch(_NAMED.get(plain, plain))
    if found is None or found["later"]:
        raise UnreadHours("unread", text.strip()[:30])
    minute, half = _minute(found["packed"], found["hour"], found["minute"], text), _half(found["half"])
    return minute if half is None else _in_half(minute, half, text)


def _read_span(text: str) -> MinuteSpan:
    edges = _DASHES.split(text)
    found = [_TIME.fullmatch(edge) for edge in edges]
    if len(found) != 2 or found[0] is None or found[1] is None or found[0]["later"]:
        raise UnreadHours("unread", text)
    starts, ends = (_minute(edge["packed"], edge["hour"], edge["minute"], text) for edge in found if edge)
    first, last = _half(found[0]["half"]), _half(found[1]["half"])
    if last is not None:
        ends = _in_half(ends, last, text)
    if first is not None:
        starts = _in_half(starts, first, text)
    elif last is not None and 60 <= starts < HALF_DAY + 60:
        # "9-5 pm" begins in the morning, "1-5 pm" does not: the last reading that still begins before it ends.
        starts = max((half for half in _both_halves(starts) if half < ends), default=starts)
    if found[1]["later"]:
        ends += DAY
    if starts >= DAY or ends > 2 * DAY:
        raise UnreadHours("unread", text)
    if ends <= starts:
        raise UnreadHours("backwards", text)
    return MinuteSpan(starts, ends)


def _minute(packed: str | None, hour: str | None, minute: str | None, text: str) -> int:
    hours, minutes = (packed[:-2], packed[-2:]) if packed else (hour, minute or "0")
    total = int(hours or "0") * 60 + int(minutes)
    if int(minutes) >= 60 or total > DAY:
        raise UnreadHours("unread", text)
    return total


def _half(text: str | None) -> str | None:
    """ "a" or "p"; None where neither is said."""
    return text[0] if text and text[0] in "ap" else None


def _in_half(minute: int, half: str, text: str) -> int:
    if not 60 <= minute < HALF_DAY + 60:
        raise UnreadHours("unread", text)
    return minute % HALF_DAY + (HALF_DAY if half == "p" else 0)


def _both_halves(minute: int) -> tuple[int, int]:
    return minute % HALF_DAY, minute % HALF_DAY + HALF_DAY


def written_spans(spans: Sequence[MinuteSpan]) -> str:
    """The spans as the forms show them, "9:00-12:00, 20:00-+6:00"; `read_spans` reads them again."""
    return ", ".join(f"{written_time(span.starts)}-{written_time(span.ends)}" for span in spans)


def written_time(minute: int) -> str:
    """ "9:05"; "+6:00" on the next day."""
    later = "+" if minute > DAY else ""
    of_day = minute - DAY if later else minute
    return f"{later}{of_day // 60}:{of_day % 60:02}"
