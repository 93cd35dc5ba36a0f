"""Entry point of web servers and of `flask --app wsgi`."""

from booking.cli import create_app

app = create_app()
