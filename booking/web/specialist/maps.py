"""Body maps of several responses beside each other: what is marked on our own drawing, and what changed, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext

from booking.adapters import dates
from booking.services.before_visit import BodyMap
from booking.web.desk.loading import locale


@dataclass(frozen=True, slots=True)
class MapPicture:
    """One response. `marked` are region ids, `words` the same in words; `gained` and `lost` against the one before."""

    when: str
    marked: frozenset[str]
    words: str
    gained: str
    lost: str
    label: str


def map_pictures(maps: Sequence[BodyMap], tz: ZoneInfo) -> list[MapPicture]:
    """The earliest first. Only drawings that may have several marks: one place alone is said among the answers."""
    many = [one for one in maps if one.questionnaire.question_by_link_id[one.link_id].repeats]
    return [_picture(one, many[index - 1] if index else None, tz) for index, one in enumerate(many)]


def _picture(one: BodyMap, before: BodyMap | None, tz: ZoneInfo) -> MapPicture:
    when = dates.birth_date_text(one.at.astimezone(tz).date(), locale())
    words = _words(one, one.codes)
    return MapPicture(
        when,
        frozenset(one.codes),
        words,
        _words(one, [code for code in one.codes if before and code not in before.codes]),
        _words(before, [code for code in before.codes if code not in one.codes]) if before else "",
        gettext("Marked on %(when)s: %(words)s", when=when, words=words),
    )


def _words(one: BodyMap, codes: Sequence[str]) -> str:
    options = one.questionnaire.question_by_link_id[one.link_id].option_by_code
    return "; ".join(options[code].label for code in codes)
