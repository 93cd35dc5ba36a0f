"""What the worker runs. Correctness is in the database; a late tick changes nothing but the time of sending."""
