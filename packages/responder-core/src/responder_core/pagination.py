"""Pagination: lists a page at a time, and where the other pages are (RFC 8288).

::

    @api.get("/books")
    async def list_books(req, resp, *, paging: Paging = Query()) -> Page[Book]:
        page = paginate(BOOKS, page=paging.page, size=paging.size)
        set_pagination_headers(req, resp, page)
        return page
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NoReturn, TypeVar, cast
from urllib.parse import unquote_plus, urlencode

import msgspec

from responder_core.errors import Problem, finding
from responder_core.http.urls import quote_path, quote_query
from responder_core.prefix import split_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responder_core.request import Request
    from responder_core.response import Response

T = TypeVar("T")

SIZE = 20
"""The items of a page of which nobody said how many it has."""

# So that the offset, the product of two, is no more than databases and JSON take: 63 bits.
_LARGEST = 2**31 - 1

_NUMBER = re.compile(r"[0-9]{1,4300}", re.ASCII)


class Paging(msgspec.Struct):
    """Which page a client asks for: ``paging: Paging = Query()`` reads ``?page=2&size=50``.

    What is out of bounds is a 422. A subclass may have other ones:
    ``size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50``.

    Attributes:
        page: its number, from 1.
        size: how many items it has, 1 to 100.
    """

    page: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)] = 1
    size: Annotated[int, msgspec.Meta(ge=1, le=100)] = SIZE

    @property
    def offset(self) -> int:
        """How many items come before it, as ``OFFSET`` in SQL has it."""
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list."""  # All that the documentation of an API tells of it.

    # Of pydantic: what is on it is checked, though it is made already.
    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "revalidate_instances": "always",
        "from_attributes": True,
    }

    items: list[T]
    """What is on it."""
    total: int | None = None
    """How many items there are on all pages, or None: nobody has counted."""
    page: int = 1
    """Its number, from 1."""
    size: int = SIZE
    """How many items a page has; the last has fewer."""
    pages: int | None = None
    """How many pages there are, or None; without a word it follows from the total."""

    def __post_init__(self) -> None:
        for name, least in (("page", 1), ("size", 1), ("total", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                msg = f"Page(): {name}= is {least} or more, not {value!r}"
                raise ValueError(msg)
        if self.total is not None and self.pages is None:
            object.__setattr__(self, "pages", -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after; where nobody has counted, whether this one is full."""
        if self.pages is None:
            return len(self.items) >= self.size
        return self.page < self.pages


def paginate(
    items: Iterable[T],
    *,
    page: int | str = 1,
    size: int | str = SIZE,
    total: int | None = None,
    max_size: int | None = None,
) -> Page[T]:
    """A page of a list: ``paginate(BOOKS, page=2, size=10)`` has the books 11 to 20.

    With *total*, *items* are those of this page alone, as a database gives them. A page behind
    the last has no items. Where nobody has counted, ``Page(rows, page=2, size=10)`` is one, too.

    Args:
        items: all items, or those of the page.
        page: which page a client asks for; the text of a query is read as a number.
        size: how many items a page has; a text, too.
        total: how many items there are on all pages.
        max_size: the most items that a client may ask for; None for any number below 2**31.

    Raises:
        Problem: 422, *page* or *size* is no number from 1, or too large a one.
        ValueError: with *total*, there are more items than a page has.
    """
    number = _read_number("page", page, _LARGEST)
    length = _read_number("size", size, _LARGEST if max_size is None else max_size)
    # A deque is a sequence, and takes no slices.
    can_slice = isinstance(items, Sequence) and not isinstance(items, deque)
    found = cast("Sequence[T]", items) if can_slice else list(items)
    if total is None or total == len(found):
        start = (number - 1) * length
        return Page([*found[start : start + length]], len(found), number, length)
    if len(found) > length:
        msg = (
            f"paginate() has {len(found)} items for a page of {length}; with total= give it the "
            "items of the page alone"
        )
        raise ValueError(msg)
    return Page([*found], total, number, length)


def _read_number(name: str, value: int | str, most: int) -> int:
    """What a client gave for the page or its size.

    Raises:
        Problem: it is no such number.
    """
    if isinstance(value, str):
        value = int(value) if _NUMBER.fullmatch(value) else 0
    if value < 1:
        _refuse(name, "must be an integer >= 1")
    if value > most:
        _refuse(name, f"must be an integer <= {most}")
    return value


def _refuse(name: str, what: str) -> NoReturn:
    raise Problem(422, f"The {name} {what}.", errors=[finding(("query", name), what)])


def set_pagination_headers(
    req: Request,
    resp: Response,
    page: Page[Any],
    *,
    page_name: str = "page",
    size_name: str = "size",
    absolute: bool = False,
) -> None:
    """Tell where the other pages are, and how many items there are.

    ::

        X-Total-Count: 45
        Link: </books?q=tea&page=1&size=20>; rel="first",
              </books?q=tea&page=3&size=20>; rel="next",
              </books?q=tea&page=3&size=20>; rel="last"

    The links are those of the request, with its prefix and its other parameters. They are
    relative to where it was sent (RFC 8288 §3.1), so no proxy makes them wrong by its scheme and
    host; *absolute* puts those of the request before them. *page_name* and *size_name* are what
    the two parameters are called.
    """
    if page.total is not None:
        resp.headers["X-Total-Count"] = str(page.total)
    url = _write_url(req, absolute=absolute)
    kept = _keep_query(req.scope["query_string"], {page_name, size_name})

    def write_link(relation: str, number: int) -> str:
        numbers = urlencode({page_name: number, size_name: page.size})
        return f'<{url}?{"&".join([*kept, numbers])}>; rel="{relation}"'

    links = [write_link(relation, number) for relation, number in _list_relations(page)]
    resp.headers.append("Link", ", ".join(links))


def _list_relations(page: Page[Any]) -> Iterator[tuple[str, int]]:
    """The other pages, by what they are to this one."""
    last = None if page.pages is None else max(page.pages, 1)
    yield "first", 1
    if page.has_previous:
        yield "prev", page.page - 1 if last is None else min(page.page - 1, last)
    if page.has_next:
        yield "next", page.page + 1
    if last is not None:
        yield "last", last


def _write_url(req: Request, *, absolute: bool) -> str:
    """The URL of a request without its query."""
    path = quote_path("".join(split_prefix(req.scope)))
    if absolute:
        url = req.url
        return f"{url.scheme}://{url.netloc}{path}"
    # Two slashes would begin a host (RFC 3986 §4.2).
    return f"/.{path}" if path.startswith("//") else path


def _keep_query(query: bytes, names: set[str]) -> list[str]:
    """The parameters of a query but those of these names, as the client wrote them."""
    # What may not stand in a URL is encoded, and so is what would end the query.
    parts = quote_query(query).replace("#", "%23").split("&")
    return [part for part in parts if part and unquote_plus(part.partition("=")[0]) not in names]
