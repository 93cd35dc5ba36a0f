"""The answers of a patient in clinical order, in words: topics, flags with what is behind them, differences, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from markupsafe import Markup

from booking.adapters import dates
from booking.core.questionnaires.answers import Chosen, Declined, Rows, Value
from booking.core.questionnaires.clinical_order import AFTER_FLAGS, BEFORE_FLAGS, Topic, place_of, topic_of
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.differences import Answered, Difference, differences
from booking.core.questionnaires.flags import Flag, FlagKind, flag_words, matching_rows, rules_for
from booking.core.questionnaires.flow import visible_questions
from booking.services.before_visit import BeforeVisit
from booking.services.read_forms import ReadForm
from booking.web.desk.loading import locale
from booking.web.questionnaires.pages import answer_text, stored_text

TOPICS = {
    Topic.REASON: lazy_gettext("Why they come"),
    Topic.DURATION: lazy_gettext("Since when"),
    Topic.TRIED: lazy_gettext("What was tried, and how it went"),
    Topic.MEDICINES: lazy_gettext("Medicines and substances"),
    Topic.ALLERGIES: lazy_gettext("Allergies"),
    Topic.PREGNANCY: lazy_gettext("Pregnancy"),
    Topic.PRACTICAL: lazy_gettext("Practical needs"),
    Topic.PAIN: lazy_gettext("Where it hurts"),
    Topic.OTHER: lazy_gettext("Other answers"),
}
SAFETY_WORDS = lazy_gettext("Answer to a question about thoughts of self-harm")


@dataclass(frozen=True, slots=True)
class Line:
    """A question with its answer. `source` says on which day it was given when that was for an earlier visit."""

    question: str
    answer: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class TopicPart:
    """One topic; `lines` () says that nothing is known of it."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A flag in words, with the answers behind it."""

    words: str
    is_unsure: bool
    is_safety: bool
    evidence: tuple[Line, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One answer that is another than last time."""

    question: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class ChangedForm:
    """A form of this visit against the one before; no `lines`: nothing changed."""

    title: str
    before: str
    lines: tuple[ChangeLine, ...]


class Summary:
    """All words of the page. `tz` is the zone of the visit's location."""

    def __init__(self, found: BeforeVisit, tz: ZoneInfo) -> None:
        self._found, self._tz = found, tz
        self._own_ids = {form.row.id for form in found.own}
        # A question that two forms ask is answered by the newer of them.
        self._newest_first = sorted(found.newest, key=lambda form: form.row.completed_at, reverse=True)

    @property
    def before_flags(self) -> list[TopicPart]:
        return [self._part(topic) for topic in BEFORE_FLAGS]

    @property
    def after_flags(self) -> list[TopicPart]:
        return [part for topic in AFTER_FLAGS if (part := self._part(topic)).lines or topic is not Topic.OTHER]

    @property
    def pain(self) -> TopicPart:
        """How strong it is and where it is worst: read beside the body maps."""
        return self._part(Topic.PAIN)

    def _part(self, topic: Topic) -> TopicPart:
        lines = sorted(self._lines(topic), key=lambda line: line[0])
        return TopicPart(str(TOPICS[topic]), tuple(line for _, line in lines))

    def _lines(self, topic: Topic) -> Iterator[tuple[int, Line]]:
        seen: set[str] = set()
        for form in self._newest_first:
            for item, value in _told(form):
                if topic_of(item.link_id) is topic and item.link_id not in seen:
                    seen.add(item.link_id)
                    yield place_of(item.link_id), Line(item.text, self._answer(form, item, value), self._source(form))

    def _source(self, form: ReadForm) -> str:
        if form.row.id in self._own_ids:
            return ""
        when = dates.birth_date_text(form.row.completed_at.astimezone(self._tz).date(), locale())
        return gettext("told on %(when)s", when=when)

    def _answer(self, form: ReadForm, item: Item, value: Value) -> str:
        if not isinstance(value, Rows):
            return answer_text(item, value)
        return Markup("<br>").join(_row_text(form, row) for row in value.rows)

    @property
    def flags(self) -> list[FlagLine]:
        return [self._flag(form, flag) for form in self._newest_first for flag in form.flags]

    def _flag(self, form: ReadForm, flag: Flag) -> FlagLine:
        is_safety = flag.kind is FlagKind.SAFETY
        words = str(SAFETY_WORDS) if is_safety else flag_words(flag, locale())
        return FlagLine(words, flag.is_unsure, is_safety, tuple(_evidence(form, flag)), self._source(form))

    @property
    def denied(self) -> str:
        """What was asked about and answered with "no", as one line."""
        return "; ".join(dict.fromkeys(word for form in self._newest_first for word in _denied(form)))

    @property
    def changes(self) -> list[ChangedForm]:
        return [
            self._changed(form, before)
            for form in self._found.own
            if (before := self._found.previous.get(form.code)) and not _is_scored(form)
        ]

    def _changed(self, form: ReadForm, before: ReadForm) -> ChangedForm:
        if before.questionnaire.url != form.questionnaire.url:
            return ChangedForm(form.questionnaire.title, "", ())
        hidden = {k for one in (form, before) for k, stored in one.form.stored.items() if not stored.is_readable}
        found = differences(Answered(before.questionnaire, before.answers), Answered(form.questionnaire, form.answers))
        when = dates.birth_date_text(before.row.completed_at.astimezone(self._tz).date(), locale())
        lines = (_change(one) for one in found if one.link_id not in hidden and not _is_drawing(one))
        return ChangedForm(form.questionnaire.title, when, tuple(lines))

    @property
    def gaps(self) -> list[tuple[str, list[Line]]]:
        """By form: what was shown and not answered, skipped, declined, or cannot be read."""
        found = ((form.questionnaire.title, list(_gaps(form))) for form in self._found.own)
        return [(title, lines) for title, lines in found if lines]


def _is_scored(form: ReadForm) -> bool:
    return form.table is not None


def _told(form: ReadForm) -> Iterator[tuple[Item, Value]]:
    """Answers to read among the topics: neither scores nor drawings nor health questions, which have places of their
    own. That somebody prefers not to say is told where it is looked for."""
    flagged = _flag_questions(form) if not _is_scored(form) else frozenset()
    for item in visible_questions(form.questionnaire, form.answers) if not _is_scored(form) else ():
        value = form.answers.get(item.link_id)
        if value is None or (item.is_body_map and item.repeats):
            continue
        if isinstance(value, Declined) and topic_of(item.link_id) is Topic.OTHER:
            continue
        if topic_of(item.link_id) is not Topic.OTHER or item.link_id not in flagged:
            yield item, value


def _flag_questions(form: ReadForm) -> frozenset[str]:
    """Questions that rules look at: answered with yes they are flags, with no they are in the line of denials."""
    return frozenset(condition.question for rule in rules_for(form.questionnaire) for condition in rule.conditions)


def _denied(form: ReadForm) -> Iterator[str]:
    for rule in rules_for(form.questionnaire):
        if rule.kind is not FlagKind.HEALTH:
            continue
        answers = [form.answers.get(condition.question) for condition in rule.conditions]
        if answers and all(value == Chosen(("no",)) for value in answers) and not _is_raised(form, rule.key):
            yield rule.words.get(locale(), rule.words["en"])


def _is_raised(form: ReadForm, key: str) -> bool:
    return any(flag.key == key for flag in form.flags)


def _evidence(form: ReadForm, flag: Flag) -> Iterator[Line]:
    for link_id in flag.evidence:
        item = form.questionnaire.question_by_link_id.get(link_id)
        if item is None:
            continue
        rows = matching_rows(flag, form.answers)
        text = "; ".join(", ".join(cell for cell in row if cell) for row in rows)
        yield Line(item.text, text or stored_text(item, form.form.stored.get(link_id)))


def _row_text(form: ReadForm, row: Sequence[str]) -> str:
    """One row of a list, with the markers that it raised."""
    words = [
        flag_words(flag, locale())
        for flag in form.flags
        if flag.kind is FlagKind.MEDICINE and tuple(row) in matching_rows(flag, form.answers)
    ]
    tags = Markup("").join(Markup(' <span class="tag tag--warn">{}</span>').format(word) for word in words)
    return Markup("{}{}").format(", ".join(cell for cell in row if cell), tags)


def _is_drawing(one: Difference) -> bool:
    item = one.item_now or one.item_before
    return item is not None and item.is_body_map and item.repeats


def _change(one: Difference) -> ChangeLine:
    item = one.item_now or one.item_before
    assert item is not None  # noqa: S101 - a difference has one at least; this tells the type checker.
    return ChangeLine(item.text, _said(one.item_before, one.before), _said(one.item_now, one.now))


def _said(item: Item | None, value: Value | None) -> str:
    if item is None or value is None:
        return Markup('<span class="unanswered">{}</span>').format(gettext("not answered"))
    return answer_text(item, value)


def _gaps(form: ReadForm) -> Iterator[Line]:
    for item in visible_questions(form.questionnaire, form.answers):
        stored = form.form.stored.get(item.link_id)
        if stored is None or stored.value is None or isinstance(stored.value, Declined):
            yield Line(item.text, stored_text(item, stored))
