"""The outside world behind Protocols: databases, mail, sealing, calendar files, letters."""
