"""The patient's way from a wish to a booked visit."""
