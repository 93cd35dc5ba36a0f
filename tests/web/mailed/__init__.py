"""Pages of mailed links."""
