"""What the clinic file says, changed by an administrator in the browser; accounts of the people who work here."""
