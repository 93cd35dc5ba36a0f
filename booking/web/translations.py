"""Sentences of templates in the reader's language. The translations are looked up once per request.

Flask-Babel looks them up anew for every sentence, through several context objects; on a page of a hundred buttons that
was a quarter of the whole time.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import get_translations

from booking.extensions import babel


def translations() -> Any:
    """The gettext translations of this request's language."""
    found = g.get("translations")
    if found is None:
        found = g.translations = get_translations()
    return found


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
