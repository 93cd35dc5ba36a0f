"""HTTP only: parse, call one service or query, render or redirect."""
