"""The texts that patients agree to: writing a draft, publishing it, asking nobody for it any more."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Regexp

from booking.core.clock import utc_now
from booking.extensions import db
from booking.models import ConsentKind, ConsentText
from booking.services import consent_texts
from booking.services.consent_texts import Wording
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.consents.words import KIND
from booking.web.context import clinic_now
from booking.web.fresh import fresh_login_to_act
from booking.web.validators import no_longer_than, one_line, some_lines, stripped
from booking.web.words import choices_of

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
LONGEST_TEXT = 20_000


class ConsentTextForm(FlaskForm):
    """One text in one language."""

    title = StringField(
        lazy_gettext("Title"),
        filters=[stripped],
        validators=[DataRequired(lazy_gettext("Enter a title")), no_longer_than(200), one_line],
    )
    code = StringField(
        lazy_gettext("Code"),
        filters=[stripped],
        validators=[
            DataRequired(lazy_gettext("Enter a code")),
            no_longer_than(40),
            Regexp(CODE.pattern + r"\Z", message=lazy_gettext("Use lower-case letters, digits and single hyphens")),
        ],
    )
    kind = SelectField(lazy_gettext("About"), choices=choices_of({kind.value: word for kind, word in KIND.items()}))
    language = StringField(
        lazy_gettext("Language"),
        default="en",
        filters=[stripped],
        validators=[
            DataRequired(lazy_gettext("Enter a language")),
            no_longer_than(10),
            Regexp(LANGUAGE.pattern + r"\Z", message=lazy_gettext("Write a language code, like en or es")),
        ],
    )
    body = TextAreaField(
        lazy_gettext("Text"),
        filters=[stripped],
        validators=[DataRequired(lazy_gettext("Enter the text")), no_longer_than(LONGEST_TEXT), some_lines],
    )

    def wording(self) -> Wording:
        """What was typed."""
        body = (self.body.data or "").replace("\r\n", "\n")
        return Wording(
            self.code.data or "", self.language.data or "", ConsentKind(self.kind.data), self.title.data or "", body
        )


@bp.get("/consent-texts")
def texts_of_consents() -> str:
    """All texts, with their versions."""
    tz = next(iter(clinic_now().locations.values())).tz
    return render_template(
        "administration/consent_texts.html", texts=consent_texts.texts(db.session()), kinds=KIND, tz=tz
    )


@bp.route("/consent-texts/add", methods=["GET", "POST"])
@fresh_login_to_act
def add_consent_text() -> ResponseReturnValue:
    """One more text, or one more language of one."""
    return _answer(ConsentTextForm(), None)


@bp.route("/consent-texts/<public_id:public_id>", methods=["GET", "POST"])
@fresh_login_to_act
def consent_text(public_id: str) -> ResponseReturnValue:
    """Change a draft; of a published text a draft of the next version begins."""
    text = consent_texts.text_or_404(db.session(), public_id)
    form = ConsentTextForm(obj=text)
    if not form.is_submitted():
        form.kind.data = text.kind.value
    del form.code, form.language
    return _answer(form, text)


def _answer(form: ConsentTextForm, text: ConsentText | None) -> ResponseReturnValue:
    if not form.validate_on_submit():
        page = render_template("administration/consent_text.html", form=form, text=text)
        return page, 422 if form.errors else 200
    wording = form.wording() if text is None else _changed(form, text)
    consent_texts.save_draft(db.session(), actor=access.actor(), wording=wording, now=utc_now())
    flash(gettext("Saved as a draft. Patients see it when it is published."), "success")
    return redirect(url_for(".texts_of_consents"), 303)


def _changed(form: ConsentTextForm, text: ConsentText) -> Wording:
    body = (form.body.data or "").replace("\r\n", "\n")
    return Wording(text.code, text.language, ConsentKind(form.kind.data), form.title.data or "", body)


@bp.post("/consent-texts/<public_id:public_id>/publish")
@fresh_login_to_act
def publish_consent_text(public_id: str) -> ResponseReturnValue:
    """From now on patients are asked for it."""
    consent_texts.publish(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("Published. It never changes from now on."), "success")
    return redirect(url_for(".texts_of_consents"), 303)


@bp.post("/consent-texts/<public_id:public_id>/retire")
@fresh_login_to_act
def retire_consent_text(public_id: str) -> ResponseReturnValue:
    """Nobody is asked for it any more."""
    consent_texts.retire(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("Nobody is asked for it any more. What was signed is kept."), "success")
    return redirect(url_for(".texts_of_consents"), 303)
