"""How soon patients are idle in tests of the automatic log-off."""

from datetime import timedelta

IDLE, WARNING = timedelta(seconds=8), timedelta(seconds=4)
