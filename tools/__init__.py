"""Programs that set up and check the house; no part of the running program."""
