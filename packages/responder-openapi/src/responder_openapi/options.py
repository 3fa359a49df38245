"""Options: what a route tells its documentation, as keywords of ``api.route()``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OpenAPIOptions(TypedDict, total=False):
    """The keywords of routes that this package adds; ``tags`` and ``responses`` are the core's.

    Attributes:
        summary: a line; without it the first line of the docstring.
        description: Markdown; without it the rest of the docstring.
        operation_id: the ``operationId``; without it the name of the view.
        deprecated: True, or the moment since when it is: then the answers say so, in a
            ``Deprecation`` field (RFC 9745).
        sunset: the moment when it ends: the answers say so, in a ``Sunset`` field (RFC 8594).
        examples: bodies of requests by name: ``{"small": {"name": "tea"}}``.
        response_examples: bodies of answers by status, each a value, or several by name.
        security: the names of the security schemes, any of which is enough; ``[]`` for none.
            ``{"oauth": ["read"]}`` in place of a name tells the scopes.
        audience: the documents that tell of the route, beside those without an audience:
            ``"partners"``, or several.
        include_in_schema: whether it is documented at all.
        openapi_extra: members of the operation, put over all others, in depth.
    """

    summary: str
    description: str
    operation_id: str
    deprecated: bool | date
    sunset: date
    examples: Mapping[str, Any]
    response_examples: Mapping[int, Any]
    security: Sequence[str | Mapping[str, Sequence[str]]]
    audience: str | Sequence[str]
    include_in_schema: bool
    openapi_extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What a route tells its documentation: the fact that the extension keeps of it.

    Attributes:
        options: the keywords that it was given.
        audiences: the documents that tell of it; none for those of everybody.
    """

    options: OpenAPIOptions
    audiences: frozenset[str] = field(default_factory=frozenset[str])

    @classmethod
    def of(cls, path: str, options: OpenAPIOptions) -> Words:
        """The words of a route, checked.

        Raises:
            TypeError, ValueError: an option cannot work.
        """
        call = f"route({path!r})"
        for name in ("summary", "description", "operation_id"):
            value: object = options.get(name, "")
            if not isinstance(value, str):
                msg = f"{call}: {name}= is text, not {value!r}"
                raise TypeError(msg)
        for name in ("examples", "response_examples", "openapi_extra"):
            _refuse_no_table(call, name, options.get(name, {}))
        deprecated: Any = options.get("deprecated", False)
        if not isinstance(deprecated, (bool, date)):
            msg = f"{call}: deprecated= is True or a date, not {deprecated!r}"
            raise TypeError(msg)
        sunset: Any = options.get("sunset")
        if sunset is not None and not isinstance(sunset, date):
            msg = f"{call}: sunset= is a date or a datetime, not {sunset!r}"
            raise TypeError(msg)
        moments: list[object] = [deprecated, sunset]
        for moment in moments:
            if isinstance(moment, datetime) and moment.tzinfo is None:
                msg = f"{call}: {moment!r} has no time zone; write tzinfo=timezone.utc"
                raise ValueError(msg)
        audience = options.get("audience", ())
        names = [audience] if isinstance(audience, str) else audience
        return cls(options, frozenset(names))


def _refuse_no_table(call: str, name: str, value: object) -> None:
    """Refuse what is no mapping.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, dict):
        msg = f"{call}: {name}= is a dict, not {value!r}"
        raise TypeError(msg)


def words_of(facts: Sequence[object]) -> Words:
    """The words among the facts of a route."""
    for fact in facts:
        if isinstance(fact, Words):
            return fact
    return Words(cast("OpenAPIOptions", {}))
