"""What the clinic keeps about a person, and a copy of it to take away."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.catalogue import catalogue
from booking.queries.own_patients import own_patients
from booking.services.own_data import own_data
from booking.web import access
from booking.web.accounts.forms import ButtonForm
from booking.web.privacy.packing import packed

bp = Blueprint("privacy", __name__, url_prefix="/account/data")

# The name of a file in a download folder shall not tell where its owner goes.
DOWNLOAD_NAME = "your-data.zip"


@bp.get("/")
def own() -> ResponseReturnValue:
    """What is kept, in plain words, and the button for the copy."""
    people = own_patients(db.session(), access.actor().patient_ids)
    return render_template("privacy/own.html", people=people, form=ButtonForm())


@bp.post("/copy")
def download() -> ResponseReturnValue:
    """The copy as a ZIP. A POST, since it is recorded, and so that no link in a mail leads to it."""
    session, now, account = db.session(), utc_now(), access.account_or_none()
    if account is None:
        raise RuntimeError("The access table lets nobody in who is not logged in.")
    people = own_data(session, actor=access.actor(), now=now)
    body = packed(account, people, catalogue(session), now)
    return Response(
        body,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{DOWNLOAD_NAME}"'},
    )
