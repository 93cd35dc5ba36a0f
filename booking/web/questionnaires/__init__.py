"""Forms of a visit: filled in by patients one question per page, read by the specialist of the visit."""
