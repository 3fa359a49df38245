"""Facts: what a route says of its session and its CSRF protection, for who documents it."""

from __future__ import annotations

from typing import Any

UNSAFE = frozenset({"DELETE", "PATCH", "POST", "PUT"})
"""The methods that a documented operation may have and that change something (RFC 9110 §9.2.1)."""


class SessionFact:
    """Whether a route has sessions, and by which cookie.

    Attributes:
        enabled: False for ``session=False``, of the route or of a router around it.
    """

    __slots__ = ("_cookie", "enabled")

    def __init__(self, cookie: str, *, enabled: bool) -> None:
        self._cookie = cookie
        self.enabled: bool = enabled

    def describe_security(self) -> dict[str, dict[str, Any]]:
        """The cookie as a security scheme (OpenAPI 3.1 §4.8.27)."""
        if not self.enabled:
            return {}
        told = "The session of a client, which begins with the first answer that needs one."
        return {
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": self._cookie,
                "description": told,
            }
        }

    def describe_operation(self, operation: dict[str, Any]) -> None:
        """Say that a session may be sent; what asks for more has said so itself."""
        if self.enabled and "security" not in operation:
            operation["security"] = [{}, {"session": []}]


class CSRFFact:
    """Whether a route is protected against requests forged by other sites.

    Attributes:
        enabled: whether it is; None leaves that to the app.
    """

    __slots__ = ("_header", "_is_default", "_methods", "enabled")

    def __init__(
        self, header: str, methods: tuple[str, ...], *, enabled: bool | None, is_default: bool
    ) -> None:
        self._header = header
        self._methods = methods
        self._is_default = is_default
        self.enabled: bool | None = enabled

    @property
    def is_on(self) -> bool:
        """Whether its unsafe methods are protected."""
        return self._is_default if self.enabled is None else self.enabled

    def describe_operation(self, operation: dict[str, Any], method: str | None = None) -> None:
        """Name the header, and the answer to who lacks it; None stands for any method of it."""
        methods = self._methods if method is None else (method,)
        if not self.is_on or UNSAFE.isdisjoint(methods):
            return
        told = "The token of the session; browsers that send Sec-Fetch-Site or Origin need none."
        parameters = operation.setdefault("parameters", [])
        parameters.append(
            {
                "name": self._header,
                "in": "header",
                "required": False,
                "description": told,
                "schema": {"type": "string"},
            }
        )
        operation.setdefault("responses", {}).setdefault(
            "403", {"description": "The request may have been forged by another site."}
        )
