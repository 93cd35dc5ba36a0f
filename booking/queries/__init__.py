"""Reads: functions(session, ...) that return rows or frozen values. They never write and never commit."""
