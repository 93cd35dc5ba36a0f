"""Names of languages, in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError


@lru_cache(1024)
def language_name(code: str, locale: str) -> str:
    """ "Spanish" for "es" read in English, "Portuguese (Brazil)" for "pt-BR"; the code itself where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code
