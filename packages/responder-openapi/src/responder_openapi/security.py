"""Security: the schemes of an app, and which of them an operation asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from responder_openapi.components import refuse_no_name
from responder_openapi.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from responder_core.operations import Operation
    from responder_openapi.components import Schema
    from responder_openapi.options import OpenAPIOptions

# The members of a flow that a page asks for tokens (OpenAPI 3.1, OAuth Flow Object).
_TOKENS = ("tokenUrl", "refreshUrl")
# What each type of scheme has to tell (OpenAPI 3.1, Security Scheme Object).
_MEMBERS: dict[str, tuple[str, ...]] = {
    "apiKey": ("in", "name"),
    "http": ("scheme",),
    "mutualTLS": (),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A security scheme (OpenAPI, Security Scheme Object).

    Attributes:
        name: what operations ask for it by.
        definition: what it is: ``{"type": "http", "scheme": "bearer"}``.
        is_default: whether every operation asks for it that says nothing else.
        guard: what asks for it wherever it runs, or None.
    """

    name: str
    definition: Schema
    is_default: bool = False
    guard: Callable[..., Any] | None = None


class Security:
    """The security schemes that a program told of."""

    def __init__(self) -> None:
        self._schemes: dict[str, Scheme] = {}

    def add(self, scheme: Scheme) -> None:
        """Keep a scheme.

        Raises:
            ValueError: its name is taken, or it is of no known type.
        """
        if scheme.name in self._schemes:
            msg = f"there is a security scheme {scheme.name!r} already; choose another name"
            raise ValueError(msg)
        refuse_no_name(scheme.name, "a security scheme")
        kind: object = scheme.definition.get("type")
        if kind not in _MEMBERS:
            known = ", ".join(_MEMBERS)
            msg = f"security scheme {scheme.name!r}: type is one of {known}, not {kind!r}"
            raise ValueError(msg)
        missing = [each for each in _MEMBERS[str(kind)] if each not in scheme.definition]
        if missing:
            msg = f"security scheme {scheme.name!r}: {kind} needs {' and '.join(missing)}"
            raise ValueError(msg)
        self._schemes[scheme.name] = scheme

    @property
    def default(self) -> list[Schema]:
        """What every operation asks for that says nothing else."""
        return [{each.name: []} for each in self._schemes.values() if each.is_default]

    @property
    def token_urls(self) -> list[str]:
        """Where the schemes that the program told of give tokens."""
        flows = [
            flow
            for each in self._schemes.values()
            for flow in cast("dict[str, Schema]", each.definition.get("flows", {})).values()
        ]
        return [str(flow[name]) for flow in flows for name in _TOKENS if name in flow]

    def schemes(self, operations: Iterable[Operation]) -> dict[str, Schema]:
        """The definitions by name, those that guards describe themselves among them."""
        found = {name: each.definition for name, each in self._schemes.items()}
        for operation in operations:
            for guard in (*operation.guards, *operation.route.facts):
                describe = getattr(guard, "describe_security", None)
                if describe is not None:
                    for name, definition in cast("Mapping[str, Schema]", describe()).items():
                        found.setdefault(name, definition)
        return found

    def require(self, operation: Operation, options: OpenAPIOptions) -> list[Schema] | None:
        """What an operation asks for; None where that is what every one asks for.

        It is what ``security=`` says, else the schemes of its guards, else nothing for a route
        with ``auth=None``.
        """
        if "security" in options:
            return [
                {each: []} if isinstance(each, str) else {key: list(each[key]) for key in each}
                for each in options["security"]
            ]
        by_guard = [
            each
            for each in self._schemes.values()
            if each.guard is not None and each.guard in operation.providers
        ]
        if by_guard:
            return [{each.name: [] for each in by_guard}]
        return [] if operation.route.auth == () and self.default else None

    def check(
        self, requirements: Iterable[Schema], known: Mapping[str, Schema], where: str
    ) -> None:
        """Refuse what asks for a scheme that there is not.

        Raises:
            DocumentError: it does; the message lists the known ones.
        """
        for requirement in requirements:
            for name in requirement:
                if name not in known:
                    names = ", ".join(sorted(known)) or "none"
                    msg = (
                        f"{where} asks for the security scheme {name!r}, and there is {names}; "
                        "add it by add_security_scheme()"
                    )
                    raise DocumentError(msg)
