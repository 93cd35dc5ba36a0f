"""Is the process up, and may it be sent requests?"""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import readiness

bp = Blueprint("operation", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database reachable, migrations at head, guards present. The ages of worker and backup decide nothing."""
    report = readiness.report(db.session(), now=utc_now())
    body = {
        "ready": report.is_ready,
        "problems": list(report.problems),
        "worker_seen_seconds": report.worker_seen_seconds,
        "backup_made_seconds": report.backup_made_seconds,
    }
    if current_app.config["SETTINGS"].stage == "production":
        body.pop("problems")
    return jsonify(body), 200 if report.is_ready else 503
