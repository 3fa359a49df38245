"""Options: what a route tells its documentation, as keywords of ``api.route()``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypedDict, cast

from responder_openapi.examples import plain
from responder_openapi.fragments import find_fault
from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SharedOptions(TypedDict, total=False):
    """The keywords of this package that make sense for several routes: those of a router.

    Attributes:
        deprecated: True, or the moment since when it is: then the answers say so, in a
            ``Deprecation`` field (RFC 9745).
        sunset: the moment when it ends: the answers say so, in a ``Sunset`` field (RFC 8594).
        security: the names of the security schemes, any of which is enough; ``[]`` for none.
            ``{"oauth": ["read"]}`` in place of a name tells the scopes.
        audience: the documents that tell of the route, beside those without an audience:
            ``"partners"``, or several.
        include_in_schema: whether it is documented at all.
        openapi_extra: members of the operation, put over all others, in depth.
    """

    deprecated: bool | date
    sunset: date
    security: Sequence[str | Mapping[str, Sequence[str]]]
    audience: str | Sequence[str]
    include_in_schema: bool
    openapi_extra: Mapping[str, Any]


class SingleOptions(TypedDict, total=False):
    """The keywords of this package that speak of one route alone: no router takes them.

    Attributes:
        summary: a line; without it the first line of the docstring.
        description: Markdown; without it the rest of the docstring.
        operation_id: the ``operationId``; without it the name of the view.
        examples: bodies of requests by name: ``{"small": {"name": "tea"}}``.
        response_examples: bodies of answers by status, each a value, or several by name.
    """

    summary: str
    description: str
    operation_id: str
    examples: Mapping[str, Any]
    response_examples: Mapping[int, Any]


class OpenAPIOptions(SharedOptions, SingleOptions, total=False):
    """The keywords of routes that this package adds; ``tags`` and ``responses`` are the core's."""


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
        told = cast("dict[str, Any]", options)
        for name in ("summary", "description", "operation_id"):
            value: object = told.get(name, "")
            if not isinstance(value, str):
                msg = f"{call}: {name}= is text, not {value!r}"
                raise TypeError(msg)
        for name in ("examples", "response_examples", "openapi_extra"):
            if name in told:
                _check_table(call, name, told[name])
        for status in options.get("response_examples", {}):
            if not (str(status).isdecimal() and 100 <= int(status) <= 599):
                msg = f"{call}: response_examples= has the status {status!r}; it is 100 to 599"
                raise ValueError(msg)
        fault = find_fault(told.get("openapi_extra", {}))
        if fault is not None:
            msg = f"{call}: openapi_extra: {fault}"
            raise ValueError(msg)
        deprecated: Any = options.get("deprecated", False)
        if not isinstance(deprecated, (bool, date)):
            msg = f"{call}: deprecated= is True or a date, not {deprecated!r}"
            raise TypeError(msg)
        sunset: Any = options.get("sunset", date.max)
        if not isinstance(sunset, date):
            msg = f"{call}: sunset= is a date or a datetime, not {sunset!r}"
            raise TypeError(msg)
        for moment in (deprecated, sunset):
            if isinstance(moment, datetime) and moment.tzinfo is None:
                msg = f"{call}: {moment!r} has no time zone; write tzinfo=timezone.utc"
                raise ValueError(msg)
        for name in ("audience", "security"):
            names: object = told.get(name, ())
            if isinstance(names, str):
                told[name] = names = [names]
            if not is_list(names):
                msg = f"{call}: {name}= is a name, or a list of these, not {names!r}"
                raise TypeError(msg)
        for each in cast("list[object]", told.get("security", ())):
            if not (isinstance(each, str) or (is_table(each) and all(map(is_list, each.values())))):
                msg = (
                    f"{call}: security= has {each!r}; it is the name of a scheme, or "
                    "{name: [scope]}"
                )
                raise TypeError(msg)
        return cls(options, frozenset(options.get("audience", ())))


def _check_table(call: str, name: str, value: object) -> None:
    """Refuse what is no mapping, or has in it what JSON has no form for.

    Raises:
        TypeError: it is none, or has.
    """
    if not is_table(value):
        msg = f"{call}: {name}= is a dict, not {value!r}"
        raise TypeError(msg)
    refuse_odd(f"{call}: {name}=", value)


def refuse_odd(where: str, value: object) -> None:
    """Refuse a value that cannot stand in a document.

    Raises:
        TypeError: JSON has no form for something in it; the message says *where*.
    """
    try:
        plain(value)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"{where} has something that JSON has no form for: {error}"
        raise TypeError(msg) from error


def words_of(facts: Sequence[object]) -> Words:
    """The words among the facts of a route."""
    for fact in facts:
        if isinstance(fact, Words):
            return fact
    return Words(cast("OpenAPIOptions", {}))
