"""Tokens: the words, signs and lines of a document, counted before anything parses it.

(GraphQL specification §2.1. Comments count, which a parser passes over at a cost.)
"""

from __future__ import annotations

import re

# Every alternative succeeds where it begins, strings that do not end among them, so that the text
# is read once, from the left to the right.
_TOKEN = re.compile(
    r"""
      [_A-Za-z][_0-9A-Za-z]*
    | \#[^\n\r]*
    | "{3}(?:[^"\\]+|\\"{3}|\\|"(?!""))*(?:"{3})?
    | "(?:[^"\\\n\r]+|\\[^\n\r]|\\)*"?
    | -?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?
    | \.{3}
    | [^\s,\ufeff]
    """,
    re.VERBOSE,
)


def count_tokens(text: str, most: int) -> int:
    """How many tokens a document has, counted to one more than *most*.

    ``count_tokens("{ a # b", 10)`` → ``3``.
    """
    count = 0
    for _ in _TOKEN.finditer(text):
        count += 1
        if count > most:
            break
    return count


def count_lines(text: str) -> int:
    r"""How many lines a document has (§2.1.2): ``count_lines("{ a\r\n}")`` → ``2``."""
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
