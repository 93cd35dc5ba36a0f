"""What this patient wishes for whenever they look for times: of the account, or of a guest's browser session."""

from __future__ import annotations

from booking.core.clock import utc_now
from booking.core.preferences import NOTHING, Preferences, preferences_from
from booking.extensions import db
from booking.services.preferences import keep_preferences, open_preferences
from booking.web import access

KEY = "preferences"


def remembered() -> Preferences:
    """Without a statement of its own: the session that was opened has brought them along. What a guest chose holds
    after logging in as well, until the account remembers something."""
    account = access.account_or_none()
    if account is not None:
        row_key, sealed = account.wishes
        kept = open_preferences(db.session(), row_key=row_key, sealed=sealed)
        if kept != NOTHING:
            return kept
    return preferences_from(access.server_session().get(KEY, {}))


def remember(preferences: Preferences) -> None:
    """Keep them in place of the earlier ones; NOTHING forgets them."""
    account, kept = access.account_or_none(), access.server_session()
    if account is None and preferences != NOTHING:
        kept[KEY] = preferences.as_values()
        return
    if KEY in kept:
        del kept[KEY]
    if account is not None:
        keep_preferences(db.session(), account_id=account.id, preferences=preferences, now=utc_now())
