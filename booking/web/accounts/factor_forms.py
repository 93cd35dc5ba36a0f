"""What is typed to prove who one is, and to change how one does."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from booking.services.passkeys import MAX_ANSWER
from booking.web.accounts.forms import LONGEST_PASSWORD, demand_good_password
from booking.web.validators import no_longer_than, one_line, stripped

PASSKEY_NAME = 60
LONGEST_CODE = 40


def _code(label: str, missing: str) -> StringField:
    return StringField(
        label, filters=[stripped], validators=[DataRequired(missing), no_longer_than(LONGEST_CODE), one_line]
    )


def _password(label: str, missing: str) -> PasswordField:
    too_long = Length(max=LONGEST_PASSWORD, message=lazy_gettext("The password is too long"))
    return PasswordField(label, validators=[InputRequired(missing), too_long])


class CodeForm(FlaskForm):
    """Six digits of the app."""

    code = _code(lazy_gettext("Code"), lazy_gettext("Enter the code that your app shows"))


class RecoveryCodeForm(FlaskForm):
    """One of the ten codes."""

    code = _code(lazy_gettext("Recovery code"), lazy_gettext("Enter one of your recovery codes"))


class PasskeyAnswerForm(FlaskForm):
    """What a device answered, as script writes it."""

    challenge = HiddenField(validators=[no_longer_than(200)])
    answer = HiddenField(validators=[no_longer_than(MAX_ANSWER)])
    next = HiddenField()
    # The tick of the form for the password, which script copies: it is one computer, however somebody logs in.
    is_shared = BooleanField()


class AddPasskeyForm(PasskeyAnswerForm):
    """A new passkey and its name."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[stripped],
        validators=[DataRequired(lazy_gettext("Give the passkey a name")), no_longer_than(PASSKEY_NAME), one_line],
    )


class PasskeyNameForm(FlaskForm):
    """Another name for a passkey."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[stripped],
        validators=[DataRequired(lazy_gettext("Give the passkey a name")), no_longer_than(PASSKEY_NAME), one_line],
    )


class PasswordForm(FlaskForm):
    """The own password."""

    password = _password(lazy_gettext("Password"), lazy_gettext("Enter your password"))


class ChangePasswordForm(FlaskForm):
    """The old password and the new one."""

    old_password = _password(lazy_gettext("Your present password"), lazy_gettext("Enter your present password"))
    new_password = PasswordField(
        lazy_gettext("New password"), validators=[InputRequired(lazy_gettext("Choose a new password"))]
    )

    def validate_new_password(self, field: Any) -> None:
        """The rules for passwords; the service adds the person's own words."""
        demand_good_password(field)
