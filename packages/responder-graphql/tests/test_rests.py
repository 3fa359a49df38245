"""Rests: how a long document is parsed and validated in a thread."""

from __future__ import annotations

import gc

import anyio
import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse

import responder_graphql.rests
from responder_graphql import QueryLimits
from responder_graphql.documents import Documents
from responder_graphql.errors import Refusal
from responder_graphql.parameters import Parameters
from responder_graphql.rests import parse_resting, unlink

SCHEMA = build_schema("type Query { a(n: Int): Int }")
LONG = "query(" + " ".join(f"$v{index}: Int" for index in range(20)) + ") {"
LONG += " ".join(f"a{index}: a(n: $v{index})" for index in range(20)) + " }"


@pytest.fixture
def rests(monkeypatch):
    """The rests that are taken, by a clock on which each look takes a millisecond."""
    taken = []
    looks = iter(range(1, 1_000_000))
    monkeypatch.setattr(responder_graphql.rests, "sleep", taken.append)
    monkeypatch.setattr(responder_graphql.rests, "perf_counter", lambda: next(looks) / 1000)
    monkeypatch.setattr(responder_graphql.rests._turn, "due", 0.0)
    return taken


def prepare(text):
    anyio.run(Documents(SCHEMA, QueryLimits()).prepare, Parameters(text))


def test_a_long_document_rests_at_each_node_where_each_takes_long(rests):
    prepare(LONG)

    nodes = 20 * (5 + 6)  # Those of a definition of a variable, and of a field that has it.
    assert len(rests) > 3 * nodes  # When it is parsed, entered and left.
    assert set(rests) == {0.0001}


def test_it_works_on_where_no_time_has_gone_by(rests, monkeypatch):
    monkeypatch.setattr(responder_graphql.rests, "perf_counter", lambda: 7.0)

    prepare(LONG)

    assert len(rests) == 1


def test_a_short_one_does_not_rest(rests):
    prepare("{ a }")

    assert rests == []


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(),
        "{ a(n: 1) @skip(if: false) b: a # words\n}",
        'mutation M($v: [Int!]! = [1, 2]) { a(s: """b""", o: {x: $v}) { ...F } }',
        "fragment F on Query { ... on Query { a } }",
    ],
)
def test_a_document_is_that_which_graphql_core_parses(text):
    assert parse_resting(text) == parse(text)


@pytest.mark.parametrize("text", ["", "{", "{ a(", "{ a } }", '{ a(s: "', "{ a(n: 1a) }"])
def test_an_error_is_that_of_graphql_core(text):
    with pytest.raises(GraphQLError) as expected:
        parse(text)
    with pytest.raises(GraphQLError) as caught:
        parse_resting(text)

    assert caught.value.formatted == expected.value.formatted


def test_no_token_knows_the_one_before_it_and_each_the_next():
    document = parse("{ a } # words")

    unlink(document.loc)

    token, seen = document.loc.start_token, []
    while token is not None:
        assert token.prev is None
        seen.append(token.kind.value)
        token = token.next
    assert seen == ["<SOF>", "{", "Name", "}", "Comment", "<EOF>"]


def test_a_document_without_places_has_no_tokens():
    document = parse("{ a }", no_location=True)

    unlink(document.loc)

    assert document.loc is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "query(" + " ".join(f"$v{index}: Int" for index in range(480)) + ") { a }",
            id="variables",
        ),
        pytest.param(
            "{ b { " + " ".join(f"wrong{index}" for index in range(900)) + " } }", id="names"
        ),
        pytest.param("{ a(" + "n: 1 " * 600 + ") }", id="arguments"),
        pytest.param(
            "{ ...F } fragment F on Query {"
            + " ".join(f"... on Query {{ wrong{index} }}" for index in range(300))
            + " }",
            id="fragments",
        ),
    ],
)
def test_one_that_is_refused_leaves_little_to_the_garbage_collector(text):
    documents = Documents(build_schema("type Query { a(n: Int): Int b: Query }"), QueryLimits())

    async def refuse(text):
        try:
            await documents.prepare(Parameters(text))
        except Refusal:
            return
        raise AssertionError

    async def main():
        await refuse(text)
        gc.collect()
        gc.disable()
        try:
            await refuse(text + " ")
            return gc.collect()
        finally:
            gc.enable()

    # Without care it is all of the document, thousands.
    assert anyio.run(main) < 1000
