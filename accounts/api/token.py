"""`POST /oauth/token`: client id and secret become an access token. Errors in the form of RFC 6749."""

from __future__ import annotations

from oauth2_provider.views import TokenView


class TokenDoor(TokenView):
    """The library's token endpoint behind our rate limit."""
