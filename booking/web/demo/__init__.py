"""Pages that only the demo clinic has: its caught mail and its logins."""
