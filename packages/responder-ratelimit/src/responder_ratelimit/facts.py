"""Facts: what a route says of its limits, for who documents it and who asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_ratelimit.headers import QUOTA_EXCEEDED

if TYPE_CHECKING:
    from responder_ratelimit.checks import Check
    from responder_ratelimit.limiter import RateLimiter
    from responder_ratelimit.rules import AnyRule

_WHOLE = {"type": "integer", "minimum": 0}
_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "RateLimit-Policy": ("The limits that are counted by.", {"type": "string"}),
    "RateLimit": ("How much is left of each, and when it is whole again.", {"type": "string"}),
    "X-RateLimit-Limit": ("How many requests are admitted at once.", _WHOLE),
    "X-RateLimit-Remaining": ("How many more are admitted now.", _WHOLE),
    "X-RateLimit-Reset": ("The seconds until all are.", _WHOLE),
}


class RateLimitFact:
    """The limits of a route.

    Attributes:
        limiter: what counts its requests.
        place: what tells its counts from those of other routes: ``"GET HEAD /search"``.
        rules: those of the route alone.
        is_exempt: whether nothing of it is counted.
        check: what its requests are counted by, or None: that of the app alone, or nothing.
    """

    __slots__ = ("check", "is_exempt", "limiter", "place", "rules")

    def __init__(
        self, limiter: RateLimiter, place: str, rules: tuple[AnyRule, ...], *, is_exempt: bool
    ) -> None:
        self.limiter: RateLimiter = limiter
        self.place: str = place
        self.rules: tuple[AnyRule, ...] = rules
        self.is_exempt: bool = is_exempt
        self.check: Check | None = limiter.compile(place, rules) if rules else None

    @property
    def all_rules(self) -> tuple[AnyRule, ...]:
        """Those of the app, and those of the route."""
        return () if self.is_exempt else (*self.limiter.rules, *self.rules)

    def describe_operation(self, operation: dict[str, Any]) -> None:
        """Describe the answer to who asks too often, and the fields of the others."""
        rules = [rule for rule in self.all_rules if not getattr(rule, "shadow", False)]
        if not rules:
            return
        responses = operation.setdefault("responses", {})
        fields = self._fields()
        for response in responses.values():
            if "$ref" not in response:
                response.setdefault("headers", {}).update(fields)
        words = "; ".join(map(str, rules))
        after = {"description": "The seconds after which to come back.", "schema": _WHOLE}
        responses["429"] = {
            "description": f"Too many requests: {words}.",
            "headers": {"Retry-After": after, **fields},
            "content": {"application/problem+json": {"schema": _problem()}},
        }

    def _fields(self) -> dict[str, Any]:
        style = self.limiter.counting.headers
        return {
            name: {"description": told, "schema": dict(schema)}
            for name, (told, schema) in _FIELDS.items()
            if style == "both" or (style is not None and name.startswith("X-") == (style == "x"))
        }


def _problem() -> dict[str, Any]:
    """The document of a 429 (RFC 9457, and §6.1 of the draft of the header fields)."""
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": QUOTA_EXCEEDED},
            "title": {"type": "string"},
            "status": {"type": "integer", "const": 429},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "violated-policies": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["type", "title", "status", "violated-policies"],
    }
