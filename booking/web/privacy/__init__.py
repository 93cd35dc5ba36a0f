"""What is kept about a person: a copy to take away."""
