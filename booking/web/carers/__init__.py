"""People who help a patient, and people an account helps."""
