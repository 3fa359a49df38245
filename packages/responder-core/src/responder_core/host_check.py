"""The host check: whether a request is for a host that is served here (RFC 9112 §3.2)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responder_core.http.hosts import find_fault, is_named

if TYPE_CHECKING:
    from responder_core.settings import Settings
    from responder_core.types import Scope

logger: logging.Logger = logging.getLogger("responder")

_MOST = 1024


class HostCheck:
    """Checks Host fields, and remembers the good ones, at most 1,024 of them.

    Attributes:
        known: the values that were found good; one of them alone needs no check.
    """

    def __init__(self, settings: Settings) -> None:
        self.known: set[bytes] = set()
        self._names = settings.allowed_hosts
        # Whether it is still to be said that a proxy speaks which is not trusted.
        self._looks_for_proxies = not settings.trusted_proxies

    def find_fault(self, scope: Scope) -> str | None:
        """What is wrong with the Host of a request, in words, or None; a good one is remembered."""
        fields = [value for name, value in scope["headers"] if name == b"host"]
        fault = find_fault(scope["headers"], scope.get("http_version", "1.1"))
        if fault is not None:
            return fault
        if self._names and not any(is_named(value, self._names) for value in fields):
            return "This host is not served here."
        if self._looks_for_proxies:
            self._look_for_proxies(scope)
        if len(self.known) >= _MOST:
            self.known.clear()
        self.known.update(fields)
        return None

    def _look_for_proxies(self, scope: Scope) -> None:
        """Warn, once, of a proxy that is not trusted; here, as a new host is seldom."""
        for name, _ in scope["headers"]:
            if name in {b"x-forwarded-for", b"forwarded"}:
                self._looks_for_proxies = False
                logger.warning(
                    "%s arrives, and no proxy is trusted: if one stands before this service, "
                    "name it in trusted_proxies=, else every client has its address",
                    name.decode().title(),
                )
                return
