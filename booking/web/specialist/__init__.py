"""Pages of specialists: their day, the page before a visit, the outcome of a visit."""
