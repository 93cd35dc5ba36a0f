"""How gunicorn serves Respite. Addresses and the number of processes are for the command line."""

from __future__ import annotations

from typing import Any

from booking.cli.start_check import ready_or_exit
from booking.extensions import db

worker_class = "gthread"
preload_app = True
control_socket_disable = True
# The program writes a line for each request itself: without addresses, query strings and paths with ids in them.
accesslog = None


def on_starting(server: Any) -> None:
    """Refuse to serve on a database that lacks its schema, its guards or its keys: once, before any worker."""
    with server.app.wsgi().app_context():
        ready_or_exit()


def post_fork(_server: Any, worker: Any) -> None:
    """A worker never uses a connection of the process that it was forked from."""
    with worker.app.wsgi().app_context():
        db.engine.dispose(close=False)
