"""The link of one video visit, at the desk: what it is, and another one in its place."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import video as rooms
from booking.web import access
from booking.web.desk.day import bp
from booking.web.desk.forms import VideoLinkForm
from booking.web.desk.loading import staff_visit_or_404


@bp.route("/visits/<public_id:public_id>/video", methods=["GET", "POST"])
def video(public_id: str) -> ResponseReturnValue:
    """Give the visit a link of its own; an empty field means the specialist's own room again."""
    found, actor, now = staff_visit_or_404(public_id), access.actor(), utc_now()
    room = rooms.video_room(db.session(), actor=actor, visit=found.visit, now=now)
    if room is None:
        flash(gettext("This visit has no video link."))
        return redirect(url_for("desk.visit", public_id=public_id), 303)
    form = VideoLinkForm(url=room.url if room.is_of_visit else "")
    if not form.validate_on_submit():
        page = render_template("desk/video.html", found=found, room=room, form=form)
        return page, 422 if form.errors else 200
    rooms.set_video_url(db.session(), actor=actor, public_id=public_id, url=form.url.data or "", now=now)
    flash(gettext("The link is kept. The patient sees it from half an hour before the visit."), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)
