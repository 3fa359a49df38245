"""Failures: what the client is told of an error, and what the log has."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import date
from decimal import Decimal

import pytest
from graphql import (
    ASTValidationRule,
    ExecutionResult,
    GraphQLError,
    GraphQLScalarType,
    GraphQLString,
    build_schema,
)

from responder_core import API, Problem, abort
from responder_graphql import QueryLimits, mount
from responder_graphql.features import standard_executor

MASKED = "The server failed to answer this."


def raising(error):
    def resolve(root, info):
        raise error

    return resolve


@pytest.fixture
def fail(api_factory):
    """The error of a field whose resolver raises something."""

    def run(error, *, debug=False, **options):
        schema = build_schema("type Query { it: String }")
        schema.query_type.fields["it"].resolve = raising(error)
        client = api_factory(debug=debug, schema=schema, **options).test_client()
        answer = client.post("/graphql", json={"query": "query Ask { it }"})
        assert answer.status_code == 200
        assert list(answer.json()) == ["data", "errors"]
        return answer.json()["errors"][0]

    return run


def test_what_nobody_foresaw_is_masked_and_logged_once(fail, caplog):
    with caplog.at_level(logging.ERROR):
        error = fail(KeyError("secret"))

    request_id = error["extensions"]["request_id"]
    assert error == {
        "message": MASKED,
        "locations": [{"line": 1, "column": 13}],
        "path": ["it"],
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "request_id": request_id},
    }
    (record,) = caplog.records
    assert record.name == "responder.graphql"
    assert record.request_id == request_id
    assert record.graphql_operation == "Ask"
    assert "'Ask' failed at 'it'" in record.getMessage()
    assert "KeyError: 'secret'" in caplog.text


@pytest.mark.parametrize(
    ("debug", "masked", "shown"),
    [(True, None, True), (True, True, False), (False, None, False), (False, False, True)],
)
def test_debug_tells_what_failed_unless_it_is_set(fail, debug, masked, shown):
    error = fail(KeyError("secret"), debug=debug, masked=masked)

    assert (error["message"] == "'secret'") is shown
    assert ("exception" in error["extensions"]) is shown
    if shown:
        assert error["extensions"]["exception"]["type"] == "KeyError"
        assert "resolve" in str(error["extensions"]["exception"]["traceback"])


def test_debug_tells_words_that_json_has_no_form_for(fail):
    assert fail(RuntimeError("half a \ud83d"), debug=True)["message"] == "half a ?"


def test_an_exception_without_words_is_named(fail):
    assert fail(KeyError(), debug=True)["message"] == "KeyError"


def test_a_graphql_error_is_meant_for_the_client(fail, caplog):
    error = fail(GraphQLError("Not today.", extensions={"code": "CLOSED", "until": 7}))

    assert error["message"] == "Not today."
    assert error["extensions"] == {"code": "CLOSED", "until": 7}
    assert caplog.records == []


def test_a_graphql_error_without_a_code_gets_one(fail):
    assert fail(GraphQLError("Not today."))["extensions"] == {"code": "FIELD_ERROR"}


@pytest.mark.parametrize(
    ("problem", "code", "message"),
    [
        (Problem(401, "Sign in."), "UNAUTHENTICATED", "Sign in."),
        (Problem(403), "FORBIDDEN", "FORBIDDEN"),
        (Problem(404, "No such user."), "NOT_FOUND", "No such user."),
        (Problem(422, "No name."), "BAD_USER_INPUT", "No name."),
        (Problem(499, "Gone."), "INTERNAL_SERVER_ERROR", "Gone."),
    ],
)
def test_a_problem_keeps_its_words(fail, caplog, problem, code, message):
    error = fail(problem)

    assert (error["message"], error["extensions"]) == (message, {"code": code})
    assert caplog.records == []


def test_findings_and_members_of_a_problem_are_extensions(fail):
    findings = [{"in": "title", "detail": "is empty"}]
    error = fail(Problem(422, "No.", errors=findings, reason="quota"))

    assert error["path"] == ["it"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "errors": findings,
        "reason": "quota",
    }


def test_a_problem_of_the_server_is_masked(fail):
    assert fail(Problem(503, "The database is away."))["message"] == MASKED


def test_abort_in_a_resolver_ends_that_field_alone(client_factory):
    schema = build_schema("type Query { it: String other: String }")
    schema.query_type.fields["it"].resolve = lambda root, info: abort(403)
    schema.query_type.fields["other"].resolve = lambda root, info: "there"

    answer = client_factory(schema=schema).post("/graphql", json={"query": "{ it other }"})

    assert answer.status_code == 200
    assert answer.json()["data"] == {"it": None, "other": "there"}


class TestSuggestions:
    def ask(self, client, query, **members):
        answer = client.post("/graphql", json={"query": query, **members})
        return answer.json()["errors"][0]["message"]

    @pytest.mark.parametrize("introspection", [True, False])
    def test_names_of_the_schema_are_suggested_to_who_may_see_it(
        self, client_factory, introspection
    ):
        client = client_factory(introspection=introspection)

        for query in ("{ numbe }", '{ hello(nam: "a") }', "{ me { nam } }"):
            assert ("Did you mean" in self.ask(client, query)) is introspection

    @pytest.mark.parametrize("introspection", [True, False])
    def test_those_of_enums_too(self, client_factory, introspection):
        schema = build_schema("enum Hue { BLUE } type Query { is(hue: Hue): String }")
        client = client_factory(schema=schema, introspection=introspection)
        query = "query($h: Hue) { is(hue: $h) }"

        message = self.ask(client, query, variables={"h": "BLEU"})

        assert ("Did you mean" in message) is introspection

    @pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 400)])
    def test_introspection_follows_debug(self, client_factory, ask, debug, status):
        client = client_factory(debug=debug)

        for query in ("{ __schema { queryType { name } } }", '{ __type(name: "User") { name } }'):
            assert ask(query, client=client).status_code == status
        assert ask("{ __typename }", client=client).status_code == 200

    def test_debug_that_is_set_later_is_followed(self, api_factory, ask):
        api = api_factory()
        client = api.test_client()
        query = "{ __schema { queryType { name } } }"

        assert ask(query, client=client).status_code == 400
        api.debug = True
        assert ask(query, client=client).status_code == 200


class TestWholeFailures:
    @pytest.mark.parametrize(
        "value",
        [object(), "\ud800", math.nan, -math.inf, {"in": [object()]}],
        ids=["object", "surrogate", "nan", "infinity", "nested"],
    )
    def test_a_scalar_that_json_has_no_form_for_is_an_error_of_its_field(
        self, client_factory, ask, caplog, value
    ):
        schema = build_schema("""
            scalar Odd
            type Query { odd: Odd hard: Hard list: [Odd] hello: String }
            type Hard { odd: Odd! }
        """)
        root = {"odd": value, "hard": {"odd": value}, "list": [1, value], "hello": "é"}
        client = client_factory(schema=schema, root_value=root)

        for accept in ("application/json", "application/graphql-response+json"):
            answer = ask("{ odd hard { odd } list hello }", client=client, accept=accept)
            told = answer.json()
            assert answer.status_code == 200
            assert told["data"] == {"odd": None, "hard": None, "list": [1, None], "hello": "é"}
            paths = [error["path"] for error in told["errors"]]
            assert paths == [["odd"], ["hard", "odd"], ["list", 1]]
            assert {error["message"] for error in told["errors"]} == {MASKED}
        assert len(caplog.records) == 6

    @pytest.mark.parametrize(
        "value",
        [True, 7, 2**80, 1.5, "é", [1], {"a": None}, date(2026, 1, 2), Decimal("1.5")],
        ids=repr,
    )
    def test_one_that_it_has_a_form_for_is_sent(self, client_factory, ask, value):
        schema = build_schema("scalar Odd type Query { odd: Odd }")
        client = client_factory(schema=schema, root_value={"odd": value})

        assert list(ask("{ odd }", client=client).json()) == ["data"]

    def test_the_app_s_own_encoder_is_asked(self, client_factory, ask):
        schema = build_schema("scalar Odd type Query { odd: Odd }")
        app = {"encoder": lambda value: "own"}
        client = client_factory(schema=schema, root_value={"odd": object()}, app=app)

        assert ask("{ odd }", client=client).json() == {"data": {"odd": "own"}}

    @pytest.mark.parametrize(
        "error",
        [GraphQLError("No.", extensions={"o": object()}), GraphQLError("No \ud800.")],
        ids=["extensions", "words"],
    )
    def test_an_error_that_json_has_no_form_for_is_masked(self, client_factory, ask, caplog, error):
        schema = build_schema("type Query { it: String hello: String }")
        schema.query_type.fields["it"].resolve = raising(error)
        client = client_factory(schema=schema, root_value={"hello": "x"})

        told = ask("{ it hello }", client=client).json()

        assert told["data"] == {"it": None, "hello": "x"}
        assert (told["errors"][0]["message"], told["errors"][0]["path"]) == (MASKED, ["it"])
        assert len(caplog.records) == 1

    def test_what_an_executor_adds_that_json_has_no_form_for_is_masked(
        self, client_factory, ask, monkeypatch
    ):
        def execute(schema, document, root, context, *args, **options):
            context.response.status_code = 201
            return ExecutionResult({"a": 1}, None, {"odd": object()})

        monkeypatch.setattr("responder_graphql.engine._execute", execute)

        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 500),
        ):
            answer = ask("{ number }", client=client_factory(), accept=accept)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["message"] == MASKED

    @pytest.mark.parametrize("is_static", [False, True])
    def test_leaves_of_a_program_s_executor_are_looked_at_too(self, client_factory, ask, is_static):
        base = standard_executor()

        class Own(base):
            def complete_leaf_value(self, return_type, result):
                return super().complete_leaf_value(return_type, result)

        class Static(base):
            @staticmethod
            def complete_leaf_value(return_type, result):
                return base.complete_leaf_value(return_type, result)

        schema = build_schema("scalar Odd type Query { odd: Odd hello: String }")
        root = {"odd": object(), "hello": "x"}
        executor = Static if is_static else Own
        client = client_factory(schema=schema, root_value=root, executor=executor)

        assert ask("{ odd hello }", client=client).json()["data"] == {"odd": None, "hello": "x"}

    def test_an_executor_that_breaks_is_masked(self, client_factory, ask, caplog):
        def broken(next_, root, info, **arguments):
            raise SystemError("secret")

        class Broken:
            complete_leaf_value = None

            def __init__(self, *args, **kwargs):
                raise SystemError("secret")

            build = classmethod(lambda cls, *args, **kwargs: cls())

        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 500),
        ):
            answer = ask("{ number }", client=client_factory(executor=Broken), accept=accept)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["message"] == MASKED
        assert "SystemError: secret" in caplog.text

    def test_a_rule_that_breaks_is_masked(self, client_factory, ask, caplog):
        class Broken(ASTValidationRule):
            def enter_field(self, node, *args):
                raise KeyError("secret")

        client = client_factory(rules=[Broken])
        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 500),
        ):
            answer = ask("{ number }", client=client, accept=accept)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["message"] == MASKED
        assert "KeyError: 'secret'" in caplog.text

    def test_a_variable_that_a_scalar_refuses_is_told(self, client_factory, ask):
        def parse(value):
            raise ValueError("no date")

        date = GraphQLScalarType("Date", parse_value=parse)
        schema = build_schema("type Query { on(date: String): String }")
        schema.query_type.fields["on"].args["date"].type = date
        schema.type_map["Date"] = date
        client = client_factory(schema=schema)

        answer = ask("query($d: Date) { on(date: $d) }", client=client, variables={"d": "x"})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert GraphQLString is not None

    def test_a_status_that_a_resolver_set_is_not_that_of_a_refusal(self, client_factory, ask):
        async def resolve(root, info):
            info.context.response.status_code = 201
            await asyncio.sleep(3600)

        schema = build_schema("type Query { it: String }")
        schema.query_type.fields["it"].resolve = resolve
        client = client_factory(schema=schema, query_limits=QueryLimits(seconds=0.05))

        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 504),
        ):
            assert ask("{ it }", client=client, accept=accept).status_code == status

    def test_a_slow_operation_is_504(self, client_factory, ask):
        import anyio

        schema = build_schema("type Query { slow: String }")
        schema.query_type.fields["slow"].resolve = lambda root, info: anyio.sleep_forever()
        client = client_factory(schema=schema, query_limits=QueryLimits(seconds=0.05))

        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 504),
        ):
            answer = ask("{ slow }", client=client, accept=accept)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"


def test_every_error_of_the_app_is_logged_under_its_own_name(caplog):
    api = API()
    schema = build_schema("type Query { it: String }")
    schema.query_type.fields["it"].resolve = raising(ValueError("x"))
    mount(api, schema=schema)

    api.test_client().post("/graphql", json={"query": "{ it }"})

    assert [record.name for record in caplog.records] == ["responder.graphql"]


class Sentinel:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


class TestValuesOfResolvers:
    """What graphql-core or a scalar says of a value that a resolver gave is not told."""

    SDL = """
        type Query {
            number: Int real: Float truth: Boolean hue: Hue
            list: [String] odd: Odd it: It node: Node
        }
        enum Hue { BLUE }
        scalar Odd
        interface Node { id: ID }
        type It implements Node { id: ID }
    """

    def make(self, *, is_async):
        schema = build_schema(self.SDL)

        def serialize(value):
            raise GraphQLError(f"Odd cannot represent {value!r}")

        schema.get_type("Odd").serialize = serialize
        schema.get_type("Odd").coerce_output_value = serialize
        schema.get_type("It").is_type_of = lambda value, info: soon(False) if is_async else False
        schema.get_type("Node").resolve_type = lambda value, *_: "SECRET"
        for field in schema.query_type.fields.values():
            if is_async:
                field.resolve = lambda root, info: soon("SECRET-value")
            else:
                field.resolve = lambda root, info: "SECRET-value"
        if is_async:
            schema.query_type.fields["list"].resolve = lambda root, info: soon(7)
        else:
            schema.query_type.fields["list"].resolve = lambda root, info: Sentinel("SECRET")
        return schema

    @pytest.mark.parametrize("is_async", [False, True])
    @pytest.mark.parametrize(
        "query",
        [
            "{ number }",
            "{ real }",
            "{ truth }",
            "{ hue }",
            "{ list }",
            "{ odd }",
            "{ it { id } }",
            "{ node { id } }",
        ],
    )
    def test_it_is_masked_and_logged(self, client_factory, ask, caplog, query, is_async):
        client = client_factory(schema=self.make(is_async=is_async))

        answer = ask(query, client=client)

        (error,) = answer.json()["errors"]
        assert error["message"] == MASKED
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert error["path"] == [query.split()[1]]
        assert "SECRET" not in answer.text
        (record,) = caplog.records
        assert record.name == "responder.graphql"

    def returning(self, kind):
        error = GraphQLError("Not today.")
        if kind == "raised":
            return raising(error)
        if kind == "awaited":
            return lambda root, info: soon(error)
        if kind == "returned":
            return lambda root, info: error

        def resolve(root, info):
            future = asyncio.get_running_loop().create_future()
            future.set_exception(error)
            return future

        return resolve

    @pytest.mark.parametrize("kind", ["raised", "awaited", "returned", "of a future"])
    @pytest.mark.parametrize("type_", ["String", "String!", "[String]"])
    def test_what_the_program_says_is_told(self, client_factory, ask, caplog, kind, type_):
        schema = build_schema(f"type Query {{ it: {type_} }}")
        resolve = self.returning(kind)
        if type_ == "[String]":
            schema.query_type.fields["it"].resolve = lambda root, info: [resolve(root, info)]
        else:
            schema.query_type.fields["it"].resolve = resolve

        (error,) = ask("{ it }", client=client_factory(schema=schema)).json()["errors"]

        assert error["message"] == "Not today."
        assert error["extensions"]["code"] == "FIELD_ERROR"
        assert caplog.records == []

    def test_so_is_one_that_was_found_a_place_before(self, client_factory, ask):
        schema = build_schema("type Query { it: String }")
        error = GraphQLError("Not today.", path=["elsewhere"])
        schema.query_type.fields["it"].resolve = raising(error)

        (error,) = ask("{ it }", client=client_factory(schema=schema)).json()["errors"]

        assert (error["message"], error["path"]) == ("Not today.", ["elsewhere"])

    def test_its_own_suggestions_are_left(self, fail):
        message = "No such book. Did you mean 'Dune'?"

        assert fail(GraphQLError(message), debug=False)["message"] == message


async def soon(value):
    if isinstance(value, Exception):
        raise value
    return value


class TestScalarsThatRead:
    """What a scalar fails with when it reads a value of the client."""

    def ask(self, client_factory, ask, error, *, literal, **options):
        def read(value, variables=None):
            raise error

        schema = build_schema("scalar Date type Query { on(date: Date): String }")
        date = schema.get_type("Date")
        for name in ("parse_value", "parse_literal", "coerce_input_value", "coerce_input_literal"):
            setattr(date, name, read)
        client = client_factory(schema=schema, **options)
        if literal:
            return ask('{ on(date: "x") }', client=client)
        return ask("query($d: Date) { on(date: $d) }", client=client, variables={"d": "x"})

    @pytest.mark.parametrize("literal", [False, True])
    @pytest.mark.parametrize("error", [KeyError("SECRET"), RuntimeError("SECRET"), OSError()])
    def test_a_failure_keeps_its_words(self, client_factory, ask, caplog, literal, error):
        answer = self.ask(client_factory, ask, error, literal=literal)

        assert answer.status_code == 400
        assert "SECRET" not in answer.text
        assert "Date" in answer.json()["errors"][0]["message"]
        (record,) = caplog.records
        assert record.name == "responder.graphql"
        assert record.exc_info[1] is error

    @pytest.mark.parametrize("literal", [False, True])
    def test_debug_tells_them(self, client_factory, ask, literal):
        answer = self.ask(client_factory, ask, KeyError("SECRET"), literal=literal, debug=True)

        assert "SECRET" in answer.text

    @pytest.mark.parametrize("literal", [False, True])
    def test_words_that_cannot_be_cut_out_take_the_rest_with_them(
        self, client_factory, ask, literal
    ):
        answer = self.ask(client_factory, ask, KeyError("x"), literal=literal)

        assert "KeyError" not in answer.text

    @pytest.mark.parametrize("literal", [False, True])
    @pytest.mark.parametrize(
        "error",
        [
            ValueError("No such day. Did you mean the 7th?"),
            GraphQLError("No such day. Did you mean the 7th?"),
            GraphQLError("No such day. Did you mean the 7th?", original_error=KeyError("SECRET")),
        ],
        ids=["ValueError", "GraphQLError", "GraphQLError of another"],
    )
    def test_a_refusal_is_told(self, client_factory, ask, caplog, literal, error):
        answer = self.ask(client_factory, ask, error, literal=literal)

        message = answer.json()["errors"][0]["message"]
        assert "No such day. Did you mean the 7th?" in message
        assert "SECRET" not in answer.text
        assert caplog.records == []
