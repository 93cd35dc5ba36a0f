"""Negative control: logins as Flask and Flask-Login make them by themselves, in a signed cookie and nowhere else."""

from __future__ import annotations

from flask import Flask
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user


class Ana(UserMixin):
    """The only account."""

    id = "1"


def cookie_only_app() -> Flask:
    """An application with a page to log in, one to log out, and one behind the login."""
    app = Flask(__name__)
    app.secret_key = "a secret of this test"
    manager = LoginManager(app)
    manager.session_protection = "strong"

    @manager.user_loader
    def load(user_id: str) -> Ana | None:
        return Ana() if user_id == Ana.id else None

    @app.post("/log-in")
    def log_in() -> str:
        login_user(Ana())
        return "in"

    @app.post("/log-out")
    def log_out() -> str:
        logout_user()
        return "out"

    @app.get("/account")
    def account() -> tuple[str, int]:
        return ("yours", 200) if current_user.is_authenticated else ("not yours", 401)

    return app
