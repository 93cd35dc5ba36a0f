"""Waiting for a time, as patients do it: join, see, change, leave."""
