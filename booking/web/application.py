"""The web application: settings, extensions, blueprints and error pages put together. No I/O happens here."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.adapters.database import engine_options, prepare_engine
from booking.config import Settings
from booking.extensions import csrf, db, migrate
from booking.services.audit import CHAIN_KEY
from booking.services.sealed import KEYS
from booking.web import (
    access,
    assets,
    audited,
    context,
    errors,
    filters,
    logging_off,
    origin,
    request_log,
    security_headers,
    sessions,
    translations,
)
from booking.web.accounts import kept
from booking.web.blueprints import BLUEPRINTS, DEMO_BLUEPRINTS
from booking.web.converters import PublicIdConverter
from booking.web.preferences.views import bp as preferences
from booking.web.questionnaires import unsent

MAX_FORM_BYTES = 256 * 1024
MAX_FORM_PARTS = 400


def create_app(settings: Settings) -> Flask:
    """The application for these settings. Raises RuntimeError when a route has no row in the access table."""
    app = Flask("booking")
    _configure(app, settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's documented way.
    # First, so that what the others refuse is logged, too.
    request_log.init_app(app)
    # Before the form tokens: a post from another site must not be offered to be sent again.
    origin.init_app(app)
    # Before them, too: the token of a form that comes too late ended with its session.
    unsent.init_app(app)
    kept.init_app(app)
    _bind_extensions(app, settings)
    app.url_map.converters["public_id"] = PublicIdConverter
    for part in (security_headers, assets, access, audited, errors, filters, context, logging_off):
        part.init_app(app)
    sessions.init_app(app, is_https=settings.is_https)
    for blueprint in (*BLUEPRINTS, *(DEMO_BLUEPRINTS if settings.is_demo else ())):
        app.register_blueprint(blueprint)
    access.refuse_unlisted_routes(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        TRUSTED_HOSTS=[settings.host],
        PREFERRED_URL_SCHEME="https" if settings.is_https else "http",
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _bind_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    db.session.session_factory.configure(info={KEYS: settings.field_keys, CHAIN_KEY: settings.audit_key})
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory="migrations")
    csrf.init_app(app)
    # The colours of the pages are nobody's data. Without a token, a visitor who only reads needs no session row.
    csrf.exempt(preferences)
    translations.init_app(app)
