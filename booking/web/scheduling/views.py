"""The blueprint with all its views: importing them registers them."""

from booking.web.scheduling import choosing, confirming, holding, refusals, wishing

bp = choosing.bp

__all__ = ["bp", "choosing", "confirming", "holding", "refusals", "wishing"]
