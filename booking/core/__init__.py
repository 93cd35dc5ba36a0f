"""Pure rules and values of the domain: standard library only, no clock read outside clock.py, no I/O."""
