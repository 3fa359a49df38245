"""Query parameters: ``application/x-www-form-urlencoded`` text as a mapping (WHATWG URL §5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn, TypeVar, overload
from urllib.parse import parse_qsl

from responder_core.errors import MissingKeyError
from responder_core.http.urls import quote_query

T = TypeVar("T")


class QueryDict(Mapping[str, str]):
    """Query parameters: ``QueryDict("a=1&a=2&b=")["a"]`` → ``"2"``, the last value.

    Blank values are kept, ``;`` separates nothing, and bytes that are no UTF-8 become the
    replacement character.

    Attributes:
        lists: every value of each parameter; for who reads one in a hurry, and changes nothing.

    Raises:
        MissingKeyError: ``[]`` of a parameter that was not sent; a ``KeyError`` for the
            program, a 400 for the client when nothing catches it.
    """

    __slots__ = ("lists",)

    def __init__(self, query_string: str | bytes = "") -> None:
        if isinstance(query_string, bytes):
            is_ascii = query_string.isascii()
            query_string = query_string.decode() if is_ascii else quote_query(query_string)
        values: dict[str, list[str]] = {}
        if "%" in query_string or "+" in query_string:
            for key, value in parse_qsl(query_string, keep_blank_values=True, errors="replace"):
                values.setdefault(key, []).append(value)
        else:  # Nothing is to be decoded.
            for pair in query_string.split("&"):
                if pair:
                    key, _, value = pair.partition("=")
                    values.setdefault(key, []).append(value)
        self.lists: dict[str, list[str]] = values

    def __getitem__(self, key: str) -> str:
        values = self.lists.get(key)
        return values[-1] if values else self._missing(key)

    def _missing(self, key: str) -> NoReturn:
        raise MissingKeyError(key, "query")

    def __iter__(self) -> Iterator[str]:
        return iter(self.lists)

    def __len__(self) -> int:
        return len(self.lists)

    def __contains__(self, key: object) -> bool:
        return key in self.lists

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, /, default: str | T) -> str | T: ...
    def get(self, key: str, /, default: str | T | None = None) -> str | T | None:
        """The last value of a parameter, or the default."""
        values = self.lists.get(key)
        return values[-1] if values else default

    def get_list(self, key: str, default: list[str] | None = None) -> list[str]:
        """Every value of a parameter in the order they came, or the default (``[]``)."""
        values = self.lists.get(key)
        if values is None:
            return default if default is not None else []
        return values.copy()

    def items_list(self) -> Iterator[tuple[str, list[str]]]:
        """Each parameter with all of its values."""
        return ((key, values.copy()) for key, values in self.lists.items())

    def __repr__(self) -> str:
        return f"QueryDict({self.lists!r})"
