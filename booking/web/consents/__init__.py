"""Agreeing to texts: for patients and who acts for them."""
