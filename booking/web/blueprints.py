"""The blueprints of the application, in the order in which they are registered."""

from flask import Blueprint

from booking.web.accounts.links import bp as links
from booking.web.accounts.views import bp as accounts
from booking.web.operation.views import bp as operation
from booking.web.preferences.views import bp as preferences

BLUEPRINTS: tuple[Blueprint, ...] = (
    operation,
    accounts,
    links,
    preferences,
)
