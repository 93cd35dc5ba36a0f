"""Use cases. Each public function is one transaction; it is given a session, an actor and the time."""
