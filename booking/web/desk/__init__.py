"""The front desk: the day of a location, patients, booking for a caller, the steps of a visit."""
