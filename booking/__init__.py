"""Respite: appointment and consultation booking for pain clinics."""
