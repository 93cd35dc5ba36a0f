"""How a patient stands to a text, in words and in the tone of a tag."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from booking.core.consents import ConsentState
from booking.models import ConsentKind
from booking.queries.consents import ConsentLine

STATE = {
    ConsentState.OPEN: lazy_gettext("Not signed yet"),
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


def state_text(line: ConsentLine) -> str:
    """How the patient stands to the text. Messages need no signature: silence lets them be sent, and a no that was
    never a yes is not taken back."""
    if line.state is ConsentState.OPEN and line.kind is ConsentKind.CHANNEL:
        return gettext("No answer yet: they are sent")
    if line.state is ConsentState.WITHDRAWN and line.said[0].is_refusal:
        return gettext("Not agreed to")
    return str(STATE[line.state])


def state_tone(line: ConsentLine) -> str:
    """The tone of the tag with these words: nobody has to do anything about messages."""
    is_unasked = line.state is ConsentState.OPEN and line.kind is ConsentKind.CHANNEL
    return "quiet" if is_unasked else TONE[line.state]
