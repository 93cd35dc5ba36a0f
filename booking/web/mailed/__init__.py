"""What mailed links open: confirming a visit, saying who one is, answering an offer."""
