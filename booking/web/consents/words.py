"""How a patient stands to a text, in words and in the tone of a tag."""

from __future__ import annotations

from flask_babel import lazy_gettext

from booking.core.consents import ConsentState
from booking.models import ConsentKind

STATE = {
    ConsentState.OPEN: lazy_gettext("Not signed"),
    ConsentState.SIGNED: lazy_gettext("Signed"),
    ConsentState.OUTDATED: lazy_gettext("An earlier version is signed"),
    ConsentState.WITHDRAWN: lazy_gettext("Taken back"),
}
TONE = {
    ConsentState.OPEN: "warn",
    ConsentState.SIGNED: "good",
    ConsentState.OUTDATED: "busy",
    ConsentState.WITHDRAWN: "quiet",
}
KIND = {
    ConsentKind.PRIVACY: lazy_gettext("Privacy"),
    ConsentKind.TREATMENT: lazy_gettext("Treatment"),
    ConsentKind.CHANNEL: lazy_gettext("Messages"),
}
