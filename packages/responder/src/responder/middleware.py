"""ASGI middleware of older programs, for ``api.add_middleware()``.

Keywords of ``API()`` do the same: ``security_headers=``, ``enable_hsts=``, ``trusted_proxies=``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_core.security_headers import SecurityHeaders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.types import ASGIApp

__all__ = ["HSTSMiddleware", "SecurityHeadersMiddleware"]

_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


class HSTSMiddleware(SecurityHeaders):
    """Sends Strict-Transport-Security over HTTPS (RFC 6797).

    Args:
        app: what is behind it.
        max_age: the seconds that browsers remember it.
        include_subdomains: whether it holds for names below, too.
        preload: whether browsers may have it in their lists.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_age: int = 31_536_000,
        include_subdomains: bool = True,
        preload: bool = False,
    ) -> None:
        parts = [f"max-age={max_age}"]
        parts += ["includeSubDomains"] * include_subdomains
        parts += ["preload"] * preload
        super().__init__(app, {}, "; ".join(parts))


class SecurityHeadersMiddleware(SecurityHeaders):
    """Sends what tells browsers to be careful, where a view has not.

    Args:
        app: what is behind it.
        content_security_policy, permissions_policy: two fields that have no standard value.
        headers: further fields; None as a value leaves one out.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        content_security_policy: str | None = None,
        permissions_policy: str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> None:
        policies = {
            "Content-Security-Policy": content_security_policy,
            "Permissions-Policy": permissions_policy,
        }
        super().__init__(app, {**_FIELDS, **policies, **(headers or {})})


if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "FunctionMiddleware": "write @api.middleware('http')",
            "ProxyHeadersMiddleware": (
                "API(trusted_proxies=['10.0.0.0/8']) names the proxies that are believed"
            ),
        },
    )
