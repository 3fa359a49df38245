"""Circles: what is left of a document once nothing needs it."""

from __future__ import annotations

import gc

import anyio
import pytest
from graphql import (
    ASTValidationRule,
    GraphQLError,
    Visitor,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from responder_graphql import QueryLimits
from responder_graphql.circles import empty, forget_visitors, note_visitors, unlink
from responder_graphql.documents import Documents
from responder_graphql.errors import Refusal
from responder_graphql.parameters import Parameters

SCHEMA = build_schema("type Query { a(n: Int): Int b: Query }")


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


def test_visitors_and_their_context_forget_the_document():
    seen = []

    class Looking(ASTValidationRule):
        def __init__(self, context):
            super().__init__(context)
            self.itself = self
            seen.extend([self, context])

        def enter_field(self, *_args):
            self.report_error(GraphQLError("looked"))

    errors = validate(SCHEMA, parse("{ a }"), [note_visitors(Looking)])
    forget_visitors()

    assert [error.message for error in errors] == ["looked"]
    assert [vars(each) for each in seen] == [{}, {}]


def test_a_rule_that_knows_no_context_forgets_what_it_has_seen():
    seen = []

    class Counting(ASTValidationRule):
        def __init__(self, _context):
            Visitor.__init__(self)
            self.fields = []
            seen.append(self)

        def enter_field(self, node, *_args):
            self.fields.append(node)

    assert validate(SCHEMA, parse("{ a }"), [note_visitors(Counting)]) == []
    assert len(seen[0].fields) == 1

    forget_visitors()

    assert vars(seen[0]) == {}


def test_a_noted_rule_says_what_the_rule_says():
    document = parse("query($v: Int) { b { wrong } ...F } fragment F on Query { a(n: true) }")

    plain = validate(SCHEMA, document, specified_rules)
    noted = validate(SCHEMA, document, [note_visitors(rule) for rule in specified_rules])
    forget_visitors()

    assert noted == plain
    assert len(plain) == 3


def test_an_empty_document_holds_nothing_of_what_it_was():
    document = parse("query Q($v: Int) @skip(if: true) { a } fragment F on Query { a }")
    operation, fragment = document.definitions

    empty(document)

    assert (document.definitions, document.loc) == ((), None)
    assert operation.name is operation.selection_set is operation.loc is None
    assert fragment.name is fragment.selection_set is fragment.loc is None


def test_a_definition_of_a_type_gets_no_parts_of_an_operation():
    document = parse("{ a } type Tea { a: Int }")
    definition = document.definitions[1]

    empty(document)

    assert definition.name is definition.loc is None
    assert not hasattr(definition, "selection_set")
    assert not hasattr(definition, "variable_definitions")


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
        pytest.param("{ " + "a " * 1900, id="no-graphql"),
    ],
)
def test_one_that_is_refused_leaves_little_to_the_garbage_collector(text):
    documents = Documents(SCHEMA, QueryLimits())

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
