"""A shelf of books, a page at a time: sorted, filtered, from memory and from a database.

Start it with ``python examples/shelf.py`` and ask for
http://127.0.0.1:5042/books?sort=-year&size=2. docs/how-to/page-lists.md tells of each part.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Annotated

import msgspec

import responder
from responder import Query
from responder.ext.pagination import Page, Paging, paginate, set_pagination_headers
from responder.ext.query import filter_items, parse_sort, sort_items

api = responder.API(
    title="Shelf",
    docs_route="/docs",
    cors=True,
    cors_params={
        "allow_origins": ["https://shelf.example"],
        "expose_headers": ["Link", "X-Total-Count"],
    },
)


@dataclass
class Book:
    """A book of the shelf."""

    title: str
    author: str
    year: int | None = None


BOOKS = [
    Book("Eden", "Lem", 1958),
    Book("Solaris", "Lem", 1961),
    Book("Rocannon's World", "Le Guin", 1966),
    Book("The Left Hand of Darkness", "Le Guin", 1969),
    Book("Notes in the Margin", "Lem"),
]


@api.get("/books")
def list_books(
    req: responder.Request,
    resp: responder.Response,
    *,
    paging: Paging = Query(),
    sort: str = "title",
    author: str | None = None,
) -> Page[Book]:
    """The books, sorted by title or year."""
    books = filter_items(BOOKS, {"author": author})
    books = sort_items(books, sort, allowed=["title", "year"])
    page = paginate(books, page=paging.page, size=paging.size)
    set_pagination_headers(req, resp, page)
    return page


@dataclass
class Loan:
    """A book that somebody has."""

    id: int
    reader: str
    due: str | None


def open_database() -> sqlite3.Connection:
    """A database with 120 loans, every fifth without a date."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE loans (id INTEGER PRIMARY KEY, reader TEXT, due TEXT)")
    loans = [
        (number, "Ada" if number % 2 else "Ben", f"2026-{number % 12 + 1:02}-01")
        for number in range(1, 121)
    ]
    database.executemany("INSERT INTO loans VALUES (?, ?, ?)", loans)
    database.execute("UPDATE loans SET due = NULL WHERE id % 5 = 0")
    return database


database = open_database()


class LoanPaging(Paging):
    """Pages of up to 500 loans."""

    size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


@api.get("/loans")
async def list_loans(
    req: responder.Request,
    resp: responder.Response,
    *,
    paging: LoanPaging = Query(),
    sort: str = "id",
) -> Page[Loan]:
    """The loans, sorted by any of their fields."""
    keys = parse_sort(sort or "id", allowed=["id", "reader", "due"])
    order = ", ".join(
        f"{key.field} {'DESC' if key.descending else 'ASC'} NULLS LAST" for key in keys
    )
    rows = database.execute(
        f"SELECT id, reader, due FROM loans ORDER BY {order}, id LIMIT ? OFFSET ?",  # noqa: S608 - of what is allowed
        (paging.size, paging.offset),
    )
    (total,) = database.execute("SELECT count(*) FROM loans").fetchone()
    loans = [Loan(*row) for row in rows]
    page = paginate(loans, page=paging.page, size=paging.size, total=total)
    set_pagination_headers(req, resp, page)
    return page


@api.get("/readers/{reader}/loans")
async def list_loans_of(
    req: responder.Request,
    resp: responder.Response,
    *,
    reader: str,
    paging: Paging = Query(),
) -> Page[Loan]:
    """The loans of one reader, which nobody counts."""
    rows = database.execute(
        "SELECT id, reader, due FROM loans WHERE reader = ? ORDER BY id LIMIT ? OFFSET ?",
        (reader, paging.size, paging.offset),
    )
    page = Page([Loan(*row) for row in rows], page=paging.page, size=paging.size)
    set_pagination_headers(req, resp, page)
    return page


if __name__ == "__main__":
    api.run()
