"""Limits: what hostile documents cost, and what each limit lets through."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import threading
from collections import Counter

import pytest
from graphql import build_schema

from responder_graphql import FieldCost, QueryLimits

JSON = "application/json"
NO_LIMITS = QueryLimits(**{each.name: None for each in dataclasses.fields(QueryLimits)})


def spread_twice(count):
    """Fragments that each spread the next one twice: 2 ** count fields, were they written out."""
    fragments = [
        f"fragment F{index} on User {{ me {{ ...F{index + 1} ...F{index + 1} }} }}"
        for index in range(count)
    ]
    return " ".join(["{ me { ...F0 } }", *fragments, f"fragment F{count} on User {{ name }}"])


def doubled(count):
    """As above, each fragment under two names, so that nothing is merged."""
    fragments = [
        f"fragment F{index} on User {{ a: me {{ ...F{index + 1} }} b: me {{ ...F{index + 1} }} }}"
        for index in range(count)
    ]
    return " ".join(["{ me { ...F0 } }", *fragments, f"fragment F{count} on User {{ name }}"])


HOSTILE = {
    "60k tokens": "{ " + "number " * 60_000 + "}",
    "60k comments": "{ number }" + "#\n" * 60_000,
    "10k aliases": "{ " + " ".join(f"a{index}: number" for index in range(10_000)) + " }",
    "5k equal fields": "{ " + "number " * 5_000 + "}",
    "20 fragments spread twice": spread_twice(20),
    "2^20 by fragments": doubled(20),
    "depth 3000": "{ me " + "{ me " * 3000 + "{ name }" + "}" * 3001,
    "unclosed depth": "{ me " * 900,
    "lists in lists": "{ users(first: " + "[" * 1900 + "]" * 90 + ") { name } }",
    "a circle": "{ me { ...A } } fragment A on User { me { ...B } } fragment B on User { ...A }",
    "a chain": "{ me { ...F0 } } "
    + " ".join(f"fragment F{index} on User {{ ...F{index + 1} }}" for index in range(230)),
    "directives": "{ number " + "@skip(if: false) " * 300 + "}",
    "one long string": '{ hello(name: "' + "a" * 200_000 + '") }',
    "a block string that does not end": '{ hello(name: """' + '\\"""' * 10_000,
    "many quotes": "{ hello(name: " + '"' * 50_000,
    "conflicting fields": "{ "
    + " ".join(f"users(first: {index}) {{ name }}" for index in range(180))
    + " }",
    "fragments that nobody spreads": "{ number }"
    + " ".join(f"fragment F{i} on User {{ {'name ' * 60} }}" for i in range(28)),
    "equal fields below": "{ me { " + "name " * 990 + "} }",
    "equal fields in fragments": "{ me {"
    + " ".join(f"...F{index}" for index in range(100))
    + "} }"
    + " ".join(f"fragment F{index} on User {{ {'name ' * 8} }}" for index in range(100)),
    "equal fields with fields": "{ me { " + "me { me { me { name } } } " * 140 + "} }",
    "equal fields with arguments": "{ me { " + "friends(first: 1) { name } " * 190 + "} }",
    "equal inline fragments": "{ me { " + "... on User { name } " * 300 + "} }",
    "fragments beside each other": "{ me {"
    + " ".join(f"...F{index}" for index in range(150))
    + "} }"
    + " ".join(f"fragment F{index} on User {{ a{index} }}" for index in range(150)),
    "variables that nobody uses": "query("
    + " ".join(f"$v{index}: Int" for index in range(480))
    + ") { number }",
    "one argument many times": "{ hello(" + 'name: "x" ' * 650 + ") }",
    "unknown arguments": "{ hello(" + " ".join(f"a{index}: 1" for index in range(650)) + ") }",
    "fragments of one name": "{ number } " + "fragment F on User { name } " * 280,
    "unknown directives": "{ number " + " ".join(f"@d{index}" for index in range(900)) + " }",
    "wrong names below": "{ me { " + " ".join(f"nam{index}" for index in range(950)) + " } }",
    "lines before errors": "\n" * 60_000
    + "{ "
    + " ".join(f"wrong{index}" for index in range(20))
    + " }",
    "as many lines as may be": "\n" * 1990
    + "{ me {"
    + " ".join(f"wrong{index}" for index in range(900))
    + " } }",
    "lines before a long circle": "\n" * 60_000
    + "{ me { ...F0 } }"
    + " ".join(f"fragment F{i} on User {{ ...F{(i + 1) % 200} }}" for i in range(200)),
    "wrong names": "{ " + " ".join(f"numbe{index}" for index in range(1000)) + " }",
}


MOST_CALLS = 300_000
"""How many functions an answer may call, which no other program on the machine changes.

240,000 take 38 ms of CPython 3.10, and 50 ms are promised; ``benchmarks/queries.py`` measures the
milliseconds.
"""


def count_calls(api, body):
    """The answer to a POST, and how many functions were called meanwhile."""
    sent = []
    calls = Counter()  # By the thread, as long documents are read in one of their own.

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    def count(_, event, __):
        calls[threading.get_ident()] += event in {"call", "c_call"}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/json"),
            (b"accept", b"application/graphql-response+json"),
        ],
    }

    async def main():
        before = sys.getprofile()
        threading.setprofile(count)  # Of threads that begin now.
        sys.setprofile(count)
        try:
            await api(scope, receive, send)
        finally:
            sys.setprofile(before)
            threading.setprofile(before)

    asyncio.run(main())
    text = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(text), sum(calls.values())


class TestHostileDocuments:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_each_is_400_for_little_work(self, api_factory, name):
        status, answer, calls = count_calls(api_factory(), {"query": HOSTILE[name]})

        assert status == 400
        assert "errors" in answer
        assert 0 < calls < MOST_CALLS

    def test_a_batch_of_1000_is_400_for_little_work(self, api_factory):
        status, _, calls = count_calls(api_factory(), [{"query": "{ number }"}] * 1000)

        assert status == 400
        assert 0 < calls < MOST_CALLS

    def test_work_is_counted_in_threads_too(self, api_factory):
        """The same document is about the same work, in whichever thread."""
        fields = " ".join(f"wrong{index}" for index in range(40))

        short, long = (
            count_calls(api_factory(), {"query": f"{{ me {{ {fields} }} }}" + "#\n" * comments})[2]
            for comments in (0, 10)
        )

        assert short < long < 2 * short

    def test_work_is_counted(self, api_factory):
        """What no limit stops is more work than is allowed: the bound can be passed."""
        api = api_factory(query_limits=NO_LIMITS)

        status, _, calls = count_calls(api, {"query": HOSTILE["10k aliases"]})

        assert status == 200
        assert calls > MOST_CALLS


class TestLimits:
    @pytest.mark.parametrize(
        ("name", "most", "good", "bad"),
        [
            ("bytes", 10, "{ number }", "{ number  }"),
            ("bytes", 13, "{ number } #a", "{ number } #é"),
            ("lines", 3, "{\nnumber\n}", "{\nnumber\n}\n"),
            ("lines", 3, "{\r\nnumber\r\n}", "{\r\nnumber\r\n\r}"),
            ("tokens", 3, "{ number }", "{ number number }"),
            ("tokens", 4, "{ number } # a", "{ number } # a\n# b"),
            ("depth", 2, "{ me { name } }", "{ me { me { name } } }"),
            (
                "depth",
                2,
                "{ ...A } fragment A on Query { me { ... { name } } }",
                "{ ...A } fragment A on Query { me { ...B } } fragment B on User { me { name } }",
            ),
            ("aliases", 1, "{ a: number }", "{ a: number b: number }"),
            (
                "aliases",
                2,
                "{ me { ...A } users { ...A } } fragment A on User { a: name }",
                "{ me { ...A } users { ...A } a: me { ...A } } fragment A on User { a: name }",
            ),
            ("root_fields", 2, "{ me { name } number }", "{ me { name } number hello }"),
            ("root_fields", 1, "{ ...A } fragment A on Query { number }", "{ number number }"),
            (
                "directives",
                1,
                "{ number @skip(if: false) }",
                "{ ... @skip(if: false) { number @skip(if: false) } }",
            ),
            (
                "directives",
                1,
                "{ ...A } fragment A on Query @d { number }",
                "{ ...A ...A } fragment A on Query @d { number }",
            ),
            ("overlaps", 1, "{ number number }", "{ number number number }"),
            (
                "overlaps",
                2,
                "{ me { name } me { name } }",
                "{ me { name me { name } } me { name me { name } } }",
            ),
            (
                "overlaps",
                1,
                "{ ...A ...B } fragment A on Query { number } fragment B on Query { hello }",
                "{ ...A ...B } fragment A on Query { number } fragment B on Query { number }",
            ),
            ("complexity", 3, "{ me { name } number }", "{ me { name } number hello }"),
        ],
    )
    def test_each_is_exact(self, client_factory, ask, name, most, good, bad):
        client = client_factory(query_limits=QueryLimits(**{name: most}))

        assert ask(good, client=client).status_code == 200
        for accept in (JSON, "application/graphql-response+json"):
            answer = ask(bad, client=client, accept=accept)
            assert answer.status_code == 400
            extensions = answer.json()["errors"][0]["extensions"]
            assert extensions == {"code": "LIMIT_EXCEEDED", "limit": name, "max": most}

    @pytest.mark.parametrize("name", HOSTILE)
    def test_none_switches_them_off_and_nothing_breaks(self, client_factory, ask, name):
        client = client_factory(query_limits=NO_LIMITS)

        assert ask(HOSTILE[name][:20_000], client=client).status_code in {200, 400}

    def test_what_python_cannot_follow_is_refused(self, client_factory, ask):
        client = client_factory(query_limits=NO_LIMITS)
        chain = " ".join(f"fragment F{n} on User {{ ...F{n + 1} }}" for n in range(3000))

        answer = ask("{ me { ...F0 } } " + chain, client=client)

        assert answer.json()["errors"][0]["message"] == "The document is nested too deeply."

    def test_max_depth_is_the_depth_in_one_word(self, client_factory, ask):
        client = client_factory(max_depth=1)

        assert ask("{ me { name } }", client=client).status_code == 400

    def test_every_operation_of_a_document_is_measured(self, client_factory, ask):
        client = client_factory(max_depth=1)
        query = "query A { number } query B { me { name } }"

        assert ask(query, client=client, operationName="A").status_code == 400

    def test_introspection_as_graphiql_asks_for_it_is_within_the_standard_ones(
        self, client_factory, ask
    ):
        from graphql import get_introspection_query

        query = get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
        )

        assert "errors" not in ask(query, client=client_factory(introspection=True)).json()


class TestCost:
    QUERY = "query($n: Int = 2) { users(first: $n) { name friends(first: 3) { ...F } } __typename }"
    FRAGMENT = " fragment F on User { name ... on User { me { name } } }"

    def limits(self, most):
        def cost(field: FieldCost) -> int:
            return field.arguments.get("first", 1) * (1 + field.children)

        return QueryLimits(complexity=most, cost=cost)

    @pytest.mark.parametrize(
        ("variables", "total"), [(None, 28), ({"n": 5}, 70), ({"n": 0}, 0), ({}, 28)]
    )
    def test_arguments_and_variables_count(self, client_factory, ask, variables, total):
        query = self.QUERY + self.FRAGMENT
        for most, status in ((max(total, 1), 200), (total - 1, 400)):
            if most < 1:
                continue
            client = client_factory(query_limits=self.limits(most))
            answer = ask(query, client=client, variables=variables)
            assert answer.status_code == status, answer.text

    def test_a_fragment_is_priced_once_and_counted_as_often_as_it_is_spread(
        self, client_factory, ask
    ):
        query = "{ a: me { ...F } b: me { ...F } } fragment F on User { name }"
        for most, status in ((4, 200), (3, 400)):
            client = client_factory(query_limits=self.limits(most))
            assert ask(query, client=client).status_code == status

    @pytest.mark.parametrize(
        ("query", "variables", "status"),
        [
            ("{ users(first: null) { name } }", None, 500),
            ("query($n: Int) { users(first: $n) { name } }", None, 200),
            ("query($n: Int) { users(first: $n) { name } }", {"n": None}, 500),
            ("query($n: Int) { users(first: $n) { name } }", {"n": "x"}, 400),
            ("query($n: Int!) { users(first: $n) { name } }", {}, 400),
        ],
    )
    def test_what_it_fails_with_is_masked(
        self, client_factory, ask, caplog, query, variables, status
    ):
        def cost(field):
            return 1 + field.arguments.get("first", 1) * field.children

        client = client_factory(query_limits=QueryLimits(cost=cost))
        answer = ask(query, client=client, variables=variables)

        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/graphql-response+json")
        assert "TypeError" not in answer.text
        assert ("TypeError" in caplog.text) is (status == 500)

    @pytest.mark.parametrize(
        ("variables", "status"), [(None, 400), ({}, 400), ({"n": 7}, 200), ({"n": 1000}, 400)]
    )
    def test_a_default_of_the_schema_counts(self, client_factory, ask, variables, status):
        schema = build_schema(
            "type Query { users(first: Int! = 1000): [User!] } type User { name: String }"
        )
        client = client_factory(schema=schema, query_limits=self.limits(1999))

        answer = ask(
            "query($n: Int) { users(first: $n) { name } }", client=client, variables=variables
        )

        assert answer.status_code == status

    def test_what_cannot_be_resolved_costs_nothing(self, client_factory, ask):
        schema = build_schema("type Query { users(first: Int! = 1): String }")
        client = client_factory(schema=schema, query_limits=self.limits(1))
        query = "query($n: Int) { a: users(first: $n) b: users(first: $n) }"

        answer = ask(query, client=client, variables={"n": None})

        assert answer.json()["data"] == {"a": None, "b": None}

    def test_one_below_0_pays_for_nothing(self, client_factory, ask):
        query = "{ a: users(first: -9) { name } b: users(first: 10) { name } }"
        for most, status in ((20, 200), (19, 400)):
            client = client_factory(query_limits=self.limits(most))
            assert ask(query, client=client).status_code == status

    def test_unions_have_no_fields_of_their_own(self, client_factory, ask):
        schema = build_schema(
            "type Query { it: Either } union Either = A | B type A { a: Int } type B { b: Int }"
        )
        client = client_factory(schema=schema, query_limits=self.limits(3))

        assert ask("{ it { __typename ... on A { a } } }", client=client).status_code == 200

    def test_unions_and_introspection_cost_nothing(self, client_factory, ask):
        client = client_factory(query_limits=self.limits(1), introspection=True)

        assert ask("{ __schema { types { name } } }", client=client).status_code == 200


@pytest.mark.parametrize("name", ["bytes", "tokens", "depth", "seconds"])
@pytest.mark.parametrize("value", [0, -1, "7", True])
def test_a_limit_that_cannot_work_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"QueryLimits\({name}=\) is a number above 0"):
        QueryLimits(**{name: value})


def test_a_cost_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"cost=\) is a function"):
        QueryLimits(cost=7)
