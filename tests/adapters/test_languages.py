"""Names of languages as readers know them."""

from __future__ import annotations

import pytest

from booking.adapters.languages import language_name


@pytest.mark.parametrize(
    ("code", "locale", "name"),
    [
        ("es", "en", "Spanish"),
        ("es", "fr", "espagnol"),
        ("pt-BR", "en", "Portuguese (Brazil)"),
        ("xx", "en", "xx"),
        ("no code", "en", "no code"),
    ],
)
def test_a_language_has_its_name_or_its_code(code: str, locale: str, name: str) -> None:
    assert language_name(code, locale) == name
