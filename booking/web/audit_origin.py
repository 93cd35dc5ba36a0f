"""Where a request comes from, for the audit log: as coarsely as is of use."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app, request

from booking.core.actor import STAFF_ROLES, Role
from booking.core.addresses import network_of, shown_network
from booking.services.sessions import hash_token

SESSION_SHOWN = 12


def origin(role: Role | None) -> str:
    """Where the request comes from, as coarsely as is of use: of staff the neighbourhood of the address, so that an
    administrator sees what came from elsewhere; of all others a code that only tells the same from another."""
    if role in STAFF_ROLES:
        return shown_network(request.remote_addr)
    return network_sign(request.remote_addr)


def network_sign(address: str | None) -> str:
    """By what the log knows the network of that address where it does not tell it. Needs the application's settings."""
    secret = current_app.config["SETTINGS"].audit_key.marks
    network = network_of(address).encode()
    return "~" + hmac.digest(secret, b"network|" + network, hashlib.sha256).hex()[:12]


def session_ref(token: str) -> str:
    """The beginning of the hash under which the session is kept: it tells sessions apart and opens none."""
    return hash_token(token)[:SESSION_SHOWN] if token else ""
