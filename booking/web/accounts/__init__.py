"""Logins: register, confirm the address, log in and out, choose a new password, open mailed links."""
