"""Rests: how a long document is parsed and validated in a thread."""

from __future__ import annotations

import anyio
import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse

import responder_graphql.rests
from responder_graphql import QueryLimits
from responder_graphql.documents import Documents
from responder_graphql.parameters import Parameters
from responder_graphql.rests import parse_resting

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
