"""What is typed to register, to log in and to choose a new password. Passwords are never sent back to a page."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any, cast

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, Field, HiddenField, PasswordField, StringField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from booking.core.errors import WeakPassword
from booking.core.passwords import MAX_LENGTH, MIN_LENGTH, PasswordProblem
from booking.extensions import db
from booking.services import passwords
from booking.services.accounts import Registration
from booking.web.fields import ThreePartDateField
from booking.web.validators import birth_date, email_address, no_longer_than, one_line, phone_number, stripped

EMAIL_LENGTH = 254
NAME_LENGTH = 100
PHONE_LENGTH = 40
NONCE_LENGTH = 64
# Longer input is refused before it is hashed; the rule for new passwords says the exact limit.
LONGEST_PASSWORD = 1000

PASSWORD_WORDS = {
    PasswordProblem.TOO_SHORT: lazy_gettext("Use %(count)s characters or more", count=MIN_LENGTH),
    PasswordProblem.TOO_LONG: lazy_gettext("Use %(count)s characters or fewer", count=MAX_LENGTH),
    PasswordProblem.TOO_COMMON: lazy_gettext("Choose a password that is harder to guess: this one is often used"),
    PasswordProblem.ABOUT_YOU: lazy_gettext(
        "Choose a password that is more than your name, your address or the clinic’s name"
    ),
    PasswordProblem.BREACHED: lazy_gettext(
        "Choose another password: this one was in a data leak elsewhere, so strangers will try it"
    ),
}


def fresh_nonce() -> str:
    """A name for one rendered form, so that sending it twice does one thing."""
    return secrets.token_urlsafe(16)


def _email(label: str) -> EmailField:
    return EmailField(
        label,
        filters=[stripped],
        validators=[
            DataRequired(lazy_gettext("Enter your e-mail address")),
            Length(max=EMAIL_LENGTH, message=lazy_gettext("The e-mail address is too long")),
            email_address,
        ],
    )


def _name(label: str, missing: str) -> StringField:
    return StringField(
        label,
        filters=[stripped],
        validators=[
            DataRequired(missing),
            no_longer_than(NAME_LENGTH),
            one_line,
        ],
    )


def demand_good_password(field: Field, *about: str) -> None:
    """Raise ValidationError in words unless the rules take the password."""
    try:
        passwords.demand_good_password(db.session(), field.data or "", about=about)
    except WeakPassword as refused:
        raise ValidationError(PASSWORD_WORDS[refused.details["problem"]]) from None


class RegisterForm(FlaskForm):
    """A new account and its own patient."""

    given_name = _name(lazy_gettext("First name"), lazy_gettext("Enter your first name"))
    family_name = _name(lazy_gettext("Last name"), lazy_gettext("Enter your last name"))
    born_on = ThreePartDateField(
        lazy_gettext("Date of birth"),
        validators=[DataRequired(lazy_gettext("Enter your date of birth")), birth_date],
    )
    email = _email(lazy_gettext("E-mail address"))
    phone = TelField(
        lazy_gettext("Phone"),
        filters=[stripped],
        validators=[
            Optional(),
            Length(max=PHONE_LENGTH, message=lazy_gettext("The phone number is too long")),
            phone_number,
        ],
    )
    password = PasswordField(lazy_gettext("Password"), validators=[InputRequired(lazy_gettext("Choose a password"))])
    nonce = HiddenField(default=fresh_nonce, validators=[no_longer_than(NONCE_LENGTH)])

    def registration(self) -> Registration:
        """What was typed, once it is valid."""
        return Registration(
            given_name=self.given_name.data,
            family_name=self.family_name.data,
            born_on=cast(date, self.born_on.data),
            email=self.email.data,
            phone=self.phone.data or None,
            password=self.password.data,
        )

    def validate_password(self, field: Any) -> None:
        """The rules for passwords; the person's own name and address are the first to be guessed."""
        name = f"{self.given_name.data} {self.family_name.data}"
        demand_good_password(field, name, self.email.data or "")


class LogInForm(FlaskForm):
    """Address and password; `next` is where the person was going."""

    email = _email(lazy_gettext("E-mail address"))
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[
            InputRequired(lazy_gettext("Enter your password")),
            Length(max=LONGEST_PASSWORD, message=lazy_gettext("The password is too long")),
        ],
    )
    is_shared = BooleanField(lazy_gettext("Others use this computer too"))
    next = HiddenField()


class RequestResetForm(FlaskForm):
    """Who has forgotten the password."""

    email = _email(lazy_gettext("E-mail address"))


class ResetPasswordForm(FlaskForm):
    """The new password, once: it can be shown, so it need not be typed twice."""

    password = PasswordField(
        lazy_gettext("New password"), validators=[InputRequired(lazy_gettext("Choose a new password"))]
    )

    def validate_password(self, field: Any) -> None:
        """The rules for passwords; the service adds the person's own words."""
        demand_good_password(field)


class ButtonForm(FlaskForm):
    """A form of one button: only its token counts."""
