"""Headers that every answer carries, errors and redirects included (OWASP ASVS 5.0 V3).

Pages: a policy without inline script or style and without any other host. Answers with a person's data must not be
kept, so `no-store` is the rule and static files are the exception. A route that shows a rendered mail marks itself with
`@shows_mail`, the page around its frame with `@frames_mail`, a page opened from a mailed link with `@opened_from_mail`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, request

View = TypeVar("View", bound=Callable[..., Any])

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    "object-src 'none'"
)
FRAMING_POLICY: Final = f"{PAGE_POLICY}; frame-src 'self'"
# Mails bring inline style because mail programs ask for it. The sandbox takes everything else away from them.
MAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"

# Only names that browsers know: an unknown one makes each page log an error.
_POWERFUL_FEATURES: Final = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "gamepad",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS: Final = ", ".join(
    [f"{feature}=()" for feature in _POWERFUL_FEATURES]
    + ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"]
)
HSTS: Final = "max-age=31536000; includeSubDomains"

_MARK: Final = "_header_mark"


def shows_mail(view: View) -> View:
    """Mark a view whose whole answer is the HTML of a mail, shown in a frame of our own page."""
    return _marked(view, "mail")


def frames_mail(view: View) -> View:
    """Mark a view whose page holds a frame with a mail in it."""
    return _marked(view, "frame")


def opened_from_mail(view: View) -> View:
    """Mark a view whose address holds a token: its address must not reach anyone as a referrer."""
    return _marked(view, "token")


def _marked(view: View, mark: str) -> View:
    marks: frozenset[str] = getattr(view, _MARK, frozenset())
    setattr(view, _MARK, marks | {mark})
    return view


def init_app(app: Flask) -> None:
    """Set the headers in one `after_request`."""
    app.after_request(_set_headers)


def _set_headers(response: Response) -> Response:
    marks = _marks_of_view()
    headers = response.headers
    headers["Content-Security-Policy"] = _policy(marks)
    # For browsers that do not know frame-ancestors.
    headers["X-Frame-Options"] = "SAMEORIGIN" if "mail" in marks else "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer" if "token" in marks else "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    if request.endpoint != "static" or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    return response


def _marks_of_view() -> frozenset[str]:
    view = current_app.view_functions.get(request.endpoint or "")
    marks: frozenset[str] = getattr(view, _MARK, frozenset())
    return marks


def _policy(marks: frozenset[str]) -> str:
    if "mail" in marks:
        return MAIL_POLICY
    return FRAMING_POLICY if "frame" in marks else PAGE_POLICY
