"""The blueprints of the application, in the order in which they are registered."""

from flask import Blueprint

from booking.web.operation.views import bp as operation

BLUEPRINTS: tuple[Blueprint, ...] = (operation,)
