"""The start page, licences, and small things every visitor needs."""
