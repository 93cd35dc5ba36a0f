"""Names of languages, in the reader's language; and the two words that forms need in their own."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

YES_NO = {
    "ar": ("نعم", "لا"),
    "da": ("Ja", "Nej"),
    "de": ("Ja", "Nein"),
    "es": ("Sí", "No"),
    "fi": ("Kyllä", "Ei"),
    "fr": ("Oui", "Non"),
    "it": ("Sì", "No"),
    "nb": ("Ja", "Nei"),
    "nl": ("Ja", "Nee"),
    "pl": ("Tak", "Nie"),
    "pt": ("Sim", "Não"),
    "ru": ("Да", "Нет"),
    "sv": ("Ja", "Nej"),
    "tr": ("Evet", "Hayır"),
    "uk": ("Так", "Ні"),
    "vi": ("Có", "Không"),
}
"""The answers to a boolean, which a FHIR Questionnaire has no words for."""


@lru_cache(1024)
def language_name(code: str, locale: str) -> str:
    """ "Spanish" for "es" read in English, "Portuguese (Brazil)" for "pt-BR"; the code itself where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def yes_no(language: str) -> tuple[str, str] | None:
    """ "Yes" and "No" in that language ("de-AT" takes "de"); None where the words of the page have to do."""
    return YES_NO.get(language.replace("_", "-").split("-", maxsplit=1)[0])
