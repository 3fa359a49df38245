"""The keywords that routes have of this package; quick to import, as every app does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from responder_ratelimit.rules import RateLimit


class RateLimitOptions(TypedDict, total=False):
    """The route keywords of this package.

    Attributes:
        rate_limit: the limits of the route, beside those of the app: ``"5/minute"``, a ``Limit``,
            a ``Rule``, the name of a policy, several of these; False leaves the route without any.
    """

    rate_limit: RateLimit
