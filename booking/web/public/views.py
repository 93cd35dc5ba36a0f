"""What everyone may read: the start page, the licences of what we send to browsers, the icon."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from booking.extensions import db
from booking.queries.form_library import in_use, library
from booking.web.context import clinic_now
from booking.web.public.licences import shipped_parts

bp = Blueprint("public", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """What this clinic does, what happens at a consultation, and the way to one."""
    return render_template("public/index.html", locations=list(clinic_now().locations.values()))


@bp.get("/licences")
def licences() -> ResponseReturnValue:
    """Thanks, and the notices that the licences of others ask for."""
    return render_template(
        "public/licences.html", parts_used=shipped_parts(), questionnaires=in_use(library(db.session()))
    )


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """Browsers ask for this address by themselves; the drawing is the one that pages link."""
    drawing = Path(current_app.root_path, "static", "img", "favicon.svg").read_bytes()
    return Response(drawing, mimetype="image/svg+xml")
