"""Sentences of templates: what is filled into them is escaped on pages, and a percent sign is written twice."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string

from booking.web import translations


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    translations.init_app(app)
    return app


def page(app: Flask, source: str) -> str:
    with app.test_request_context():
        return render_template_string(source, name="<Ana> & Co", n=2)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ _("A & B") }}', "A & B"),
        ('{{ _("With %(who)s", who=name) }}', "With &lt;Ana&gt; &amp; Co"),
        ('{{ gettext("With %(who)s", who=name) }}', "With &lt;Ana&gt; &amp; Co"),
        ('{{ _("70 %%") }}', "70 %"),
        ('{{ _("70 %% with %(who)s", who=1) }}', "70 % with 1"),
        ('{{ ngettext("%(num)s time", "%(num)s times", n) }}', "2 times"),
        ("{% trans who=name %}With {{ who }}{% endtrans %}", "With &lt;Ana&gt; &amp; Co"),
        ('{% autoescape false %}{{ _("With %(who)s", who=name) }}{% endautoescape %}', "With <Ana> & Co"),
    ],
)
def test_sentence(app: Flask, source: str, expected: str) -> None:
    assert page(app, source) == expected
