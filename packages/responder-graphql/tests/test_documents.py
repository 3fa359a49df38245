"""Documents: the cache of those that were parsed, long ones, and those that are trusted."""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import json
import threading
import tracemalloc
import types

import anyio
import anyio.lowlevel
import pytest
from graphql import ASTValidationRule, GraphQLError, build_schema, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

import responder_graphql.documents
from responder_graphql import QueryLimits, TrustedDocuments
from responder_graphql.documents import Documents
from responder_graphql.errors import Refusal
from responder_graphql.parameters import Parameters

STRICT = {"Accept": "application/graphql-response+json"}
SCHEMA = build_schema("type Query { a: Int b: Int }")


def documents(**options):
    return Documents(SCHEMA, QueryLimits(), **options)


def prepare(documents, text):
    return anyio.run(documents.prepare, Parameters(text))


def test_an_index_error_of_the_lexer_is_the_document_s_fault(monkeypatch):
    def parse(text):
        raise IndexError

    monkeypatch.setattr(responder_graphql.documents, "parse", parse)

    with pytest.raises(Refusal, match="Unterminated string"):
        prepare(documents(), '"\\')


def test_event_loops_of_several_threads_share_what_is_kept(run_threads, monkeypatch):
    """No more than has room is kept, and no less once all is quiet."""
    monkeypatch.setattr(responder_graphql.documents, "validate", lambda *_args, **_options: [])
    (size,) = {prepare(documents(), f"{{ a{index}: a }}").size for index in range(9)}
    kept = documents(cache_size=2 * size)

    async def ask(number):
        for index in range(500):
            parameters = Parameters(f"{{ a{(number + index) % 3}: a }}")
            for _ in range(5):
                kept.find_kept(parameters)
            await kept.prepare(parameters)

    run_threads(4, lambda number: anyio.run(ask, number))
    for index in range(9):
        prepare(kept, f"{{ a{index}: a }}")

    assert len(kept) == 2


async def prepare_again(documents, text, times):
    return [await documents.prepare(Parameters(text)) for _ in range(times)]


class TestCache:
    def test_the_same_text_is_parsed_and_validated_once(self, monkeypatch):
        calls = []
        parse = responder_graphql.documents.parse
        monkeypatch.setattr(
            responder_graphql.documents, "parse", lambda text: calls.append(text) or parse(text)
        )
        kept = documents(cache_size=100_000)

        found = [prepare(kept, "{ a }") for _ in range(3)]

        assert calls == ["{ a }"]
        assert found[0] is found[1] is found[2]

    def test_it_is_bounded_by_bytes_and_the_oldest_goes(self):
        size = prepare(documents(), "{ a }").size
        kept = documents(cache_size=2 * size)

        first = prepare(kept, "{ a }")
        second = prepare(kept, "{ b }")
        assert prepare(kept, "{ a }") is first
        prepare(kept, "{a  }")
        assert len(kept) == 2
        assert prepare(kept, "{ a }") is first
        assert prepare(kept, "{ b }") is not second

    def test_a_million_documents_take_no_more_than_it_has(self):
        kept = documents(cache_size=64 * 1024)

        for number in range(500):
            prepare(kept, f"{{ a a{number}: b }}")

        assert len(kept) < 30

    def test_one_that_is_larger_than_the_cache_is_not_kept(self):
        kept = documents(cache_size=100)

        prepare(kept, "{ a }")

        assert len(kept) == 0

    def test_what_is_refused_is_not_kept(self):
        kept = documents(cache_size=100_000)

        for text in ("{", "{ c }", "{ a " + "#\n" * 3000 + "}"):
            with pytest.raises(Refusal):
                prepare(kept, text)

        assert len(kept) == 0

    @pytest.mark.parametrize("text", ["{ a }", get_introspection_query()])
    def test_the_size_that_is_told_is_about_that_in_memory(self, text):
        plain = documents()
        prepare(plain, text)
        tracemalloc.start()
        try:
            kept = anyio.run(prepare_again, plain, text, 200)
            gc.collect()
            real = tracemalloc.get_traced_memory()[0] / len(kept)
        finally:
            tracemalloc.stop()

        assert real / 2 < kept[0].size < real * 3

    def test_a_second_request_is_answered_from_it(self, client_factory, ask):
        client = client_factory()

        assert ask("{ number }", client=client).json() == ask("{ number }", client=client).json()


SHORT = "{ a }"
LONG = "{ " + " ".join(f"a{index}: a" for index in range(20)) + " }"


def long(number):
    """Documents that are long, each another."""
    return f"query Long{number} {LONG}"


@pytest.mark.parametrize("library", ["asyncio", "trio"])
class TestLongDocuments:
    """They are read in a thread, one after the other; others do not wait for that."""

    def test_a_long_one_is_read_beside_the_event_loop_and_a_short_one_at_once(self, gate, library):
        async def main():
            found = documents(rules=[gate.rule])
            async with anyio.create_task_group() as group:
                group.start_soon(found.prepare, Parameters(LONG))
                await gate.wait_until_reached()
                await found.prepare(Parameters(SHORT))
                gate.opened.set()
            return threading.get_ident()

        here = anyio.run(main, backend=library)

        assert gate.threads[SHORT] == here
        assert gate.threads[LONG] != here

    @pytest.mark.parametrize(
        "text", ["{ a }" + "\n#" * 60, "{ a } #" + "a" * 2000, "{ a }" + "\n" * 1999]
    )
    def test_it_is_long_in_tokens_or_in_characters(self, gate, library, text):
        async def main():
            gate.opened.set()
            await documents(rules=[gate.rule]).prepare(Parameters(text))
            return threading.get_ident()

        assert anyio.run(main, backend=library) != gate.threads[text]

    def test_one_is_read_at_a_time(self, gate, library):
        async def main():
            found = documents(rules=[gate.rule])
            async with anyio.create_task_group() as group:
                for number in range(5):
                    group.start_soon(found.prepare, Parameters(long(number)))
                await gate.wait_until_reached()
                gate.opened.set()

        anyio.run(main, backend=library)

        assert gate.most == 1
        assert sorted(gate.seen) == [long(number) for number in range(5)]

    def test_the_same_is_read_once_for_all_who_wait(self, gate, library):
        made = []

        async def main():
            found = documents(rules=[gate.rule], cache_size=10**6)

            async def prepare():
                made.append(await found.prepare(Parameters(LONG)))

            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(prepare)
                await gate.wait_until_reached()
                gate.opened.set()
            return found

        found = anyio.run(main, backend=library)

        assert gate.seen == [LONG]
        assert len(made) == 5
        assert len({id(each) for each in made}) == len(found) == 1

    def test_so_many_may_wait_and_no_more(self, gate, library, monkeypatch):
        monkeypatch.setattr(responder_graphql.documents, "_MOST_WAITING", 2)

        async def main():
            found = documents(rules=[gate.rule])
            async with anyio.create_task_group() as group:
                for number in range(3):
                    group.start_soon(found.prepare, Parameters(long(number)))
                await gate.wait_until_reached()
                with pytest.raises(Refusal) as caught:
                    await found.prepare(Parameters(long(3)))
                gate.opened.set()
            await found.prepare(Parameters(long(4)))
            return caught.value

        refusal = anyio.run(main, backend=library)

        assert (refusal.status, refusal.headers) == (503, {"Retry-After": "1"})
        assert refusal.errors[0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        assert sorted(gate.seen) == [long(number) for number in (0, 1, 2, 4)]

    def test_who_leaves_while_it_waits_leaves_nothing(self, gate, library, monkeypatch):
        monkeypatch.setattr(responder_graphql.documents, "_MOST_WAITING", 1)

        async def main():
            found = documents(rules=[gate.rule])
            async with anyio.create_task_group() as group:
                group.start_soon(found.prepare, Parameters(long(0)))
                await gate.wait_until_reached()
                async with anyio.create_task_group() as leaving:
                    leaving.start_soon(found.prepare, Parameters(long(1)))
                    await anyio.wait_all_tasks_blocked()
                    leaving.cancel_scope.cancel()
                group.start_soon(found.prepare, Parameters(long(2)))
                gate.opened.set()

        anyio.run(main, backend=library)

        assert gate.seen == [long(0), long(2)]

    def test_who_leaves_while_it_is_read_lets_the_next_one_in(self, gate, library):
        async def main():
            found = documents(rules=[gate.rule])
            async with anyio.create_task_group() as leaving:
                leaving.start_soon(found.prepare, Parameters(long(0)))
                await gate.wait_until_reached()
                leaving.cancel_scope.cancel()
                gate.opened.set()
            await found.prepare(Parameters(long(1)))

        anyio.run(main, backend=library)

        assert gate.seen == [long(0), long(1)]

    @pytest.mark.parametrize(
        ("text", "code"),
        [(LONG + " {", "GRAPHQL_PARSE_FAILED"), (LONG + "{ c }", "GRAPHQL_VALIDATION_FAILED")],
    )
    def test_it_is_refused_as_a_short_one(self, library, text, code):
        async def main():
            with pytest.raises(Refusal) as caught:
                await documents().prepare(Parameters(text))
            return caught.value

        refusal = anyio.run(main, backend=library)

        assert refusal.errors[0]["extensions"] == {"code": code}
        assert refusal.errors[0]["locations"]

    def test_a_trusted_one_may_be_long(self, gate, library):
        async def main():
            trusted = TrustedDocuments({"long": LONG})
            found = documents(rules=[gate.rule], trusted=trusted)
            gate.opened.set()
            first = await found.prepare(Parameters(None, document_id="long"))
            return first is found.find_kept(Parameters(None, document_id="long"))

        assert anyio.run(main, backend=library)
        assert gate.seen == [LONG]


def test_who_waits_for_longer_than_the_limit_is_told_so(gate, api_factory):
    api = api_factory(query_limits=QueryLimits(seconds=0.01), rules=[gate.rule])
    texts = [LONG.replace("a ", "number "), LONG.replace("a ", "hello ")]

    async def main():
        async with api.async_client() as client, anyio.create_task_group() as group:
            group.start_soon(functools.partial(client.post, "/graphql", json={"query": texts[0]}))
            await gate.wait_until_reached()
            answer = await client.post("/graphql", json={"query": texts[1]}, headers=STRICT)
            gate.opened.set()
            return answer

    answer = anyio.run(main)

    assert answer.status_code == 504
    assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert len(gate.seen) == 1


PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            "a",
            "b",
            " ",
            "...",
            "on",
            "fragment F on Query",
            "query",
            "subscription",
            "(",
        ),
        *(
            ")",
            ":",
            "$x",
            "@skip",
            "[",
            "]",
            '"',
            '"""',
            "\\",
            "\\u",
            "{0}",
            "d83d",
            "#",
            "-",
            "1e",
        ),
    ]
)


class TestWhateverIsSent:
    """A text is a document, or is refused; nothing else comes of it."""

    @pytest.mark.parametrize(
        "text", ['"\\', '{ a(s: "\\', '"""\\', '"\\u{', '"\\ud83d', "1e", "\x00"]
    )
    def test_a_text_that_lexers_have_stumbled_over(self, text):
        with pytest.raises(Refusal) as caught:
            prepare(documents(), text)
        assert caught.value.errors[0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"

    @given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
    def test_any_text(self, text):
        with contextlib.suppress(Refusal):
            prepare(documents(), text)


class TestTrusted:
    TEXT = "query Ask { number }"
    HASH = hashlib.sha256(TEXT.encode()).hexdigest()

    @pytest.fixture
    def client(self, client_factory):
        return client_factory(trusted=TrustedDocuments({"ask": self.TEXT}))

    @pytest.mark.parametrize(
        "members",
        [
            {"documentId": "ask"},
            {"documentId": f"sha256:{HASH}"},
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH.upper()}}},
            {"query": TEXT},
            {"documentId": "ask", "operationName": "Ask"},
        ],
    )
    def test_one_is_named_in_several_ways(self, client, members):
        assert client.post("/graphql", json=members).json() == {"data": {"number": 7}}

    def test_one_can_be_asked_for_by_get(self, client):
        answer = client.get("/graphql", params={"documentId": f"sha256:{self.HASH}"})

        assert answer.json() == {"data": {"number": 7}}

    @pytest.mark.parametrize(
        "members",
        [
            {"query": "{ number }"},
            {"documentId": "other"},
            {"documentId": "sha256:00"},
            {"extensions": {"persistedQuery": {"sha256Hash": 7}}, "query": "{ number }"},
            {"extensions": {"persistedQuery": "x"}, "query": "{ number }"},
        ],
    )
    def test_others_are_refused(self, client, members):
        headers = {"Accept": "application/graphql-response+json"}

        answer = client.post("/graphql", json=members, headers=headers)

        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"

    def test_others_may_be_let_in(self, client_factory):
        client = client_factory(trusted=TrustedDocuments({"ask": self.TEXT}, only=False))

        for members in ({"query": "{ number }"}, {"query": "{ number }"}, {"documentId": "ask"}):
            assert client.post("/graphql", json=members).json() == {"data": {"number": 7}}
        assert client.post("/graphql", json={"documentId": "no"}).json()["errors"]

    def test_limits_are_for_the_others(self, client_factory):
        text = "{ me { me { me { name } } } }"
        client = client_factory(trusted=TrustedDocuments({"deep": text}), max_depth=1)

        assert "data" in client.post("/graphql", json={"documentId": "deep"}).json()

    @pytest.mark.parametrize(
        ("text", "fault"),
        [("{ nothing }", "Cannot query field 'nothing'"), ("{ number", "Syntax Error")],
    )
    def test_one_that_cannot_be_executed_is_refused_at_once(self, client_factory, text, fault):
        trusted = TrustedDocuments({"ask": self.TEXT, "bad": text})

        with pytest.raises(ValueError, match=f"document 'bad' cannot be executed: {fault}"):
            client_factory(trusted=trusted)

    def test_one_that_asks_for_the_schema_follows_introspection(self, client_factory, ask):
        text = "{ __schema { queryType { name } } }"
        client = client_factory(trusted=TrustedDocuments({"ask": text}))

        (error,) = ask(None, client=client, documentId="ask").json()["errors"][:1]

        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"

    def test_any_mapping_has_them(self, client_factory):
        trusted = TrustedDocuments(types.MappingProxyType({"ask": self.TEXT}))
        client = client_factory(trusted=trusted)

        answer = client.post("/graphql", json={"documentId": "ask"})

        assert answer.json() == {"data": {"number": 7}}

    def test_they_are_read_from_a_file(self, client_factory, tmp_path):
        file = tmp_path / "persisted.json"
        file.write_text(json.dumps({self.HASH: self.TEXT, "other": self.TEXT}))
        trusted = TrustedDocuments(file)
        client = client_factory(trusted=trusted)

        assert len(trusted) == 1
        for name in (f"sha256:{self.HASH}", self.HASH, "other"):
            answer = client.post("/graphql", json={"documentId": name})
            assert answer.json() == {"data": {"number": 7}}

    def test_a_hash_that_is_not_the_text_s_is_found_without_its_prefix(self):
        trusted = TrustedDocuments({"0123": self.TEXT})

        assert trusted.find("sha256:0123") == self.TEXT

    @pytest.mark.parametrize("content", ["[]", '{"a": 7}', "7"])
    def test_a_file_of_something_else_is_refused(self, tmp_path, content):
        file = tmp_path / "persisted.json"
        file.write_text(content)

        with pytest.raises(ValueError, match=r"persisted.json: .* text"):
            TrustedDocuments(str(file))

    def test_a_file_that_is_no_json_is_named(self, tmp_path):
        file = tmp_path / "persisted.json"
        file.write_text("{")

        with pytest.raises(ValueError, match=r"persisted.json: .* are a file of JSON"):
            TrustedDocuments(file)


def test_rules_of_the_program_are_asked_too(client_factory, ask):
    class NoNumbers(ASTValidationRule):
        def enter_field(self, node, *_args):
            if node.name.value == "number":
                self.context.report_error(GraphQLError("No numbers here.", node))

    client = client_factory(rules=[NoNumbers])

    assert ask("{ number }", client=client).json()["errors"][0]["message"] == "No numbers here."
    assert ask("{ hello }", client=client).status_code == 200


def test_validation_stops_after_a_few_errors(ask):
    query = "{ me { " + " ".join(f"wrong{index}" for index in range(200)) + " } }"

    assert len(ask(query).json()["errors"]) == 11
