"""Failures: what the client is told of an error, and what the log has."""

from __future__ import annotations

import logging

import pytest
from graphql import (
    ASTValidationRule,
    GraphQLError,
    GraphQLScalarType,
    GraphQLString,
    build_schema,
)

from responder_core import API, Problem, abort
from responder_graphql import mount

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
    def test_a_scalar_that_json_has_no_form_for_is_masked(self, client_factory, ask, caplog):
        schema = build_schema("scalar Odd type Query { odd: Odd }")
        client = client_factory(schema=schema, root_value={"odd": object()})

        for accept, status in (
            ("application/json", 200),
            ("application/graphql-response+json", 500),
        ):
            answer = ask("{ odd }", client=client, accept=accept)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["message"] == MASKED

    def test_an_executor_that_breaks_is_masked(self, client_factory, ask, caplog):
        def broken(next_, root, info, **arguments):
            raise SystemError("secret")

        class Broken:
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

    def test_a_slow_operation_is_504(self, client_factory, ask):
        import anyio

        from responder_graphql import QueryLimits

        schema = build_schema("type Query { slow: String }")
        schema.query_type.fields["slow"].resolve = lambda root, info: anyio.sleep_forever()
        client = client_factory(schema=schema, query_limits=QueryLimits(seconds=0.001))

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
