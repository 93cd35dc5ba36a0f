"""What may stand in a URL: opaque ids only, so that nothing else ever reaches the database from there."""

from werkzeug.routing import BaseConverter


class PublicIdConverter(BaseConverter):
    """22 URL-safe characters, the form of `models.base.new_public_id`."""

    regex = "[A-Za-z0-9_-]{22}"
