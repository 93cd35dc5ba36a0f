"""The forms of this installation: those that ship, and those that the clinic made or brought along.

They are kept per process and read again when the clinic's revision is another one: publishing a form changes it. Tests
put a library of their own into `session.info`, as the field keys travel.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.library import SHIPPED, Library
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.core.questionnaires.score_tables import table_in
from booking.models import Clinic, DefinitionState, QuestionnaireDefinition
from booking.queries.catalogue import NoClinic, kept_catalogue

LIBRARY = "questionnaires"
RETIRED = "retired"
_STATUS = {DefinitionState.PUBLISHED: "active", DefinitionState.RETIRED: RETIRED}
_kept: WeakKeyDictionary[Any, tuple[int, Library]] = WeakKeyDictionary()


def library(session: Session) -> Library:
    """Every form in all its versions, as of the clinic that this process knows. No query while that is the same."""
    given: Library | None = session.info.get(LIBRARY)
    if given is not None:
        return given
    try:
        revision = kept_catalogue(session).revision
    except NoClinic:
        return SHIPPED
    engine = session.get_bind().engine
    kept = _kept.get(engine)
    if kept is None or kept[0] != revision:
        kept = _kept[engine] = _read(session)
    return kept[1]


def offered(forms: Library) -> tuple[str, ...]:
    """Codes of the forms that may be given to somebody new, sorted: what services and staff may ask for."""
    return tuple(code for code in forms.codes if forms.latest(code).status != RETIRED)


def is_offered(forms: Library, code: str) -> bool:
    """Whether the form of that code exists, and may be given to somebody new."""
    return code in forms.codes and forms.latest(code).status != RETIRED


def in_use(forms: Library) -> tuple[Questionnaire, ...]:
    """The forms that somebody new may be given, by code, each followed by its translations: their notices are due."""
    newest = [forms.latest(code) for code in offered(forms)]
    return tuple(forms.in_language(form, language) for form in newest for language in forms.languages(form))


def _read(session: Session) -> tuple[int, Library]:
    """The revision goes first: a form that is published in between is then read once more, and never missed."""
    revision = session.scalars(sa.select(Clinic.revision)).one()
    return revision, _joined(_own_forms(session))


def _joined(own: Iterable[Mapping[str, Any]]) -> Library:
    """What ships and these forms. One in another language of a form that stands before it is its translation; that is
    offered as long as it is in use, or nobody new is given its original either."""
    found = SHIPPED
    for data in own:
        form = parse_questionnaire(data)
        original = found.original(form.canonical, form.language)
        if original is None:
            table = table_in(data)
            found = found.joined((form,), tables={form.canonical: table} if table else {})
        elif original.status == RETIRED or form.status != RETIRED:
            found = found.joined((), (form,))
    return found


def _own_forms(session: Session) -> Iterator[dict[str, Any]]:
    """What was published once, retired or not: answers go on naming it."""
    table = QuestionnaireDefinition
    rows = session.execute(sa.select(table.definition, table.state).where(table.state.in_(_STATUS)).order_by(table.id))
    for definition, state in rows:
        yield {**json.loads(definition), "status": _STATUS[state]}
