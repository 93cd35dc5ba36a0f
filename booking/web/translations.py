"""Sentences of templates in the reader's language, by shorter ways than those of the libraries.

Flask-Babel looks the translations up anew for every sentence, through several context objects; here that happens once
per request. Jinja reaches `_` through three calls, and fills in variables where there are none. On a page of a hundred
buttons both together were a third of the whole time.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from booking.extensions import babel


def translations() -> Any:
    """The gettext translations of this request's language."""
    found = g.get("translations")
    if found is None:
        found = g.translations = get_translations()
    return found


@pass_eval_context
def sentence(context: EvalContext, text: str, /, **variables: Any) -> str:
    """`_` of the templates: the translation with its variables, which are escaped where the page is HTML.

    A percent sign is written twice in the text, with variables and without, as Jinja has it."""
    found = translations().ugettext(text)
    if context.autoescape:
        found = Markup(found)  # noqa: S704 - our own sentences and their translations are the safe part.
    return found % variables if "%" in found else found


def init_app(app: Flask) -> None:
    """Bind Flask-Babel, and give the templates the short way to its translations."""
    babel.init_app(app, locale_selector=lambda: "en")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # Added by jinja2.ext.i18n.
        gettext=lambda text: translations().ugettext(text),
        ngettext=lambda one, many, count: translations().ungettext(one, many, count),
        pgettext=lambda context, text: translations().upgettext(context, text),
        npgettext=lambda context, one, many, count: translations().unpgettext(context, one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(_=sentence, gettext=sentence)
