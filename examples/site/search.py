"""Full-text search: an SQLite FTS5 index in memory, built with the content."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from examples.site.markup import to_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from examples.site.posts import Post

_WORD = re.compile(r"[^\W_]+")
_MAX_WORDS = 8

# Control characters mark the hits until the text is escaped; no post contains them.
_START, _STOP = "\x02", "\x03"

_CREATE = """
CREATE VIRTUAL TABLE posts USING fts5(
    slug UNINDEXED, title, tags, body, tokenize = 'porter unicode61'
)
"""
# A word in the title says more than one in the text; the weights are one for each column.
_SELECT = """
SELECT slug, snippet(posts, 3, ?, ?, '…', 32)
FROM posts WHERE posts MATCH ?
ORDER BY bm25(posts, 0.0, 10.0, 5.0, 1.0) LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A post that was found, and the place: HTML, escaped, with the words in ``<mark>``."""

    slug: str
    excerpt: Markup


class SearchIndex:
    """What can be found. A query takes well under a millisecond, so no thread is needed."""

    def __init__(self, posts: Iterable[Post]) -> None:
        # It is made in a worker thread, and asked on the event loop alone.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(_CREATE)
        self._database.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?)",
            [(post.slug, post.title, " ".join(post.tags), to_words(post.body)) for post in posts],
        )

    def find(self, query: str, limit: int) -> list[Hit]:
        """The posts that hold all words of a query, the best first; the last may be unfinished."""
        return self._select(" ".join(quote_words(query)), limit)

    def find_any(self, query: str, limit: int) -> list[Hit]:
        """The posts that hold some words of a query, the best first."""
        return self._select(" OR ".join(quote_words(query)), limit)

    def close(self) -> None:
        """Free the memory."""
        self._database.close()

    def _select(self, expression: str, limit: int) -> list[Hit]:
        if not expression:
            return []
        rows = self._database.execute(_SELECT, (_START, _STOP, expression, limit))
        return [Hit(slug, _mark(text)) for slug, text in rows]


def quote_words(query: str) -> list[str]:
    """The words of a query for FTS5: ``'tea AND "wat'`` → ``['"tea"', '"AND"', '"wat"*']``.

    Every word stands in quotes, so nothing that a reader types is an operator.
    """
    words = [f'"{word}"' for word in _WORD.findall(query)[:_MAX_WORDS]]
    return [*words[:-1], words[-1] + "*"] if words else []


def _mark(text: str) -> Markup:
    """An excerpt as HTML: first everything is escaped, then the marks become tags."""
    html = str(escape(text)).replace(_START, "<mark>").replace(_STOP, "</mark>")
    return Markup(html)  # noqa: S704 - escaped in the line above
