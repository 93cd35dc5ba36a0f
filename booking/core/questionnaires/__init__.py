"""Questionnaires as pure values: definitions, the way through a form, answers, scores. No database, no request."""
