"""The audit log as pages: all of it for administrators, for patients who looked at their data."""
