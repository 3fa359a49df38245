"""Typed streams: views whose items are checked, and sent as events or as lines of JSON."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypedDict, TypeVar

import anyio
import msgspec
import pytest

from responder_core import API, SSE, Problem, ViewError

T = TypeVar("T")


@dataclass
class Tick:
    price: int


@dataclass
class SecretTick(Tick):
    secret: str = "hunter2"


class StructTick(msgspec.Struct):
    price: int


class DictTick(TypedDict):
    price: int


@dataclass
class Moment:
    at: datetime


def lines(answer):
    """The lines of an NDJSON answer, each parsed."""
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
def ask(client_factory):
    """The answer of a view, registered by one of the decorators."""

    def ask(kind, view, method="GET", **options):
        api = API()
        getattr(api, kind)("/", **options)(view)
        return client_factory(api).request(method, "/")

    return ask


@pytest.fixture
def cut_off(backend, http_scope):
    """What a view sends over ASGI before it fails; a test client may not tell of such a body."""

    def cut_off(kind, view):
        api = API()
        getattr(api, kind)("/")(view)
        sent = []

        async def receive():
            await anyio.sleep_forever()

        async def send(message):
            sent.append(message)

        async def main():
            with anyio.fail_after(60):
                await api(http_scope(), receive, send)

        anyio.run(main, backend=backend)
        assert sent[0]["status"] == 200
        assert all(message["more_body"] for message in sent[1:])
        return b"".join(message["body"] for message in sent[1:]).decode()

    return cut_off


class TestSources:
    def test_an_async_generator(self, ask):
        async def view(req, resp) -> AsyncIterator[Tick]:
            yield Tick(1)
            yield Tick(2)

        assert lines(ask("ndjson", view)) == [{"price": 1}, {"price": 2}]
        assert ask("sse", view).text == 'data: {"price":1}\n\ndata: {"price":2}\n\n'

    def test_a_generator(self, ask):
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)

        assert lines(ask("ndjson", view)) == [{"price": 1}]
        assert ask("sse", view).text == 'data: {"price":1}\n\n'

    @pytest.mark.parametrize("threaded", [True, False])
    def test_a_function_that_returns_items(self, ask, threaded):
        def view(req, resp) -> list[Tick]:
            return [Tick(1), Tick(2)]

        assert lines(ask("ndjson", view, sync_to_thread=threaded)) == [{"price": 1}, {"price": 2}]

    def test_a_coroutine_function_that_returns_a_generator(self, ask):
        async def ticks():
            yield Tick(1)

        async def view(req, resp) -> AsyncIterator[Tick]:
            return ticks()

        assert lines(ask("ndjson", view)) == [{"price": 1}]

    def test_parameters_of_the_path_are_passed(self, client_factory):
        api = API()

        @api.ndjson("/{count:int}")
        async def view(req, resp, *, count) -> AsyncIterator[int]:
            for number in range(count):
                yield number

        assert lines(client_factory(api).get("/3")) == [0, 1, 2]

    @pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, 7, None], ids=repr)
    @pytest.mark.parametrize("kind", ["sse", "ndjson"])
    def test_what_cannot_be_iterated_is_a_failure(self, ask, caplog, kind, value):
        def view(req, resp) -> Iterable[Tick]:
            return value

        answer = ask(kind, view)

        assert answer.status_code == 500
        assert "yield items, or return something to iterate over" in caplog.text


class TestModels:
    @pytest.mark.parametrize(
        ("model", "item", "expected"),
        [
            pytest.param(Tick, Tick(1), {"price": 1}, id="dataclass"),
            pytest.param(Tick, {"price": 1}, {"price": 1}, id="dict"),
            pytest.param(Tick, {"price": 1, "more": 2}, {"price": 1}, id="dict-with-more"),
            pytest.param(Tick, SecretTick(1), {"price": 1}, id="subclass-with-more"),
            pytest.param(StructTick, StructTick(1), {"price": 1}, id="Struct"),
            pytest.param(DictTick, {"price": 1, "more": 2}, {"price": 1}, id="TypedDict"),
            pytest.param(int, 1, 1, id="int"),
            pytest.param(str, "a\nb", "a\nb", id="str"),
            pytest.param(list[Tick], [Tick(1)], [{"price": 1}], id="list"),
            pytest.param(Tick | None, None, None, id="None"),
            pytest.param(
                Moment,
                Moment(datetime(2026, 1, 2, tzinfo=timezone.utc)),
                {"at": "2026-01-02T00:00:00Z"},
                id="datetime",
            ),
            pytest.param(Any, {"anything": 1}, {"anything": 1}, id="Any"),
        ],
    )
    def test_an_item_is_made_one_of_the_model(self, ask, model, item, expected):
        def view(req, resp):
            yield item

        assert lines(ask("ndjson", view, item_model=model)) == [expected]

    def test_attrs_classes_are_models(self, ask):
        attrs = pytest.importorskip("attrs", reason="needs attrs")

        @attrs.define
        class Model:
            price: int

        def view(req, resp):
            yield Model(1)
            yield {"price": 2}

        assert lines(ask("ndjson", view, item_model=Model)) == [{"price": 1}, {"price": 2}]

    @pytest.mark.parametrize("many", [False, True], ids=["one", "list"])
    def test_pydantic_classes_are_models(self, ask, many):
        pydantic = pytest.importorskip("pydantic", reason="needs pydantic")

        class Model(pydantic.BaseModel):
            price: int

        def view(req, resp):
            for item in (Model(price=1), {"price": "2"}, Tick(3)):
                yield [item] if many else item

        found = lines(ask("ndjson", view, item_model=list[Model] if many else Model))

        expected = [{"price": 1}, {"price": 2}, {"price": 3}]
        assert found == ([[item] for item in expected] if many else expected)

    def test_a_pydantic_class_refuses_a_wrong_item(self, ask, caplog):
        pydantic = pytest.importorskip("pydantic", reason="needs pydantic")

        class Model(pydantic.BaseModel):
            price: int

        def view(req, resp):
            yield {"price": "much"}

        assert ask("ndjson", view, item_model=Model).status_code == 500
        assert "yielded what is no" in caplog.text

    @pytest.mark.parametrize(
        "item",
        [Tick("x"), {"price": "1"}, {"price": 1.5}, {}, None, "text", object()],
        ids=["field", "str", "float", "missing", "None", "text", "object"],
    )
    def test_a_wrong_first_item_is_a_500_and_not_sent(self, ask, caplog, item):
        def view(req, resp) -> Iterator[Tick]:
            yield item

        answer = ask("ndjson", view)

        assert (answer.status_code, answer.json()["status"]) == (500, 500)
        assert re.search(r"view '.*view' .* yielded what is no Tick", caplog.text)

    @pytest.mark.parametrize("kind", ["sse", "ndjson"])
    def test_a_wrong_later_item_ends_the_body_and_is_logged_once(self, cut_off, caplog, kind):
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)
            yield Tick("x")
            yield Tick(3)

        assert cut_off(kind, view).count("price") == 1
        assert [record.levelno for record in caplog.records if record.name == "responder"] == [
            logging.ERROR
        ]


class TestAnnotations:
    @pytest.mark.parametrize(
        "annotation",
        [
            AsyncIterator[Tick],
            AsyncIterable[Tick],
            AsyncGenerator[Tick, None],
            Iterator[Tick],
            Iterable[Tick],
            Generator[Tick, None, None],
            Sequence[Tick],
            list[Tick],
            AsyncIterator[SSE[Tick]],
            "Iterator[Tick]",
        ],
        ids=str,
    )
    def test_the_model_is_in_the_annotation(self, ask, annotation):
        def view(req, resp):
            yield SecretTick(1)

        view.__annotations__["return"] = annotation

        assert ask("sse", view).text == 'data: {"price":1}\n\n'

    @pytest.mark.parametrize(
        "annotation",
        [None, Tick, AsyncIterator, dict[str, Tick], Iterator[SSE], Iterator[T], list],
        ids=str,
    )
    @pytest.mark.parametrize(("kind", "word"), [("sse", "event_model"), ("ndjson", "item_model")])
    def test_a_view_that_does_not_tell_is_refused(self, kind, word, annotation):
        def view(req, resp):
            yield Tick(1)

        if annotation is not None:
            view.__annotations__["return"] = annotation

        with pytest.raises(TypeError, match=rf"-> AsyncIterator\[Item\], or {kind}\(.*{word}=Item"):
            getattr(API(), kind)("/")(view)

    def test_annotations_that_cannot_be_read_are_told(self):
        def view(req, resp) -> Iterator[Nowhere]:  # noqa: F821
            yield 1

        with pytest.raises(ViewError, match=r"name 'Nowhere' is not defined; write .*item_model="):
            API().ndjson("/")(view)

    def test_the_keyword_wins(self, ask):
        def view(req, resp) -> Iterator[SecretTick]:
            yield SecretTick(1)

        assert lines(ask("ndjson", view, item_model=Tick)) == [{"price": 1}]


class TestEvents:
    def test_the_data_of_an_event_is_checked(self, cut_off, caplog):
        def view(req, resp) -> Iterator[SSE[Tick]]:
            yield SSE(data=SecretTick(1), event="tick", id="7", retry=5, comment="c")
            yield SSE(comment="alone")
            yield SSE(data=Tick("x"))

        assert cut_off("sse", view) == (
            ': c\nevent: tick\nid: 7\nretry: 5\ndata: {"price":1}\n\n: alone\n\n'
        )
        assert "yielded what is no Tick" in caplog.text

    def test_an_item_with_the_keys_of_an_event_is_an_item(self, ask):
        class Row(TypedDict):
            id: int

        def view(req, resp):
            yield {"id": 7}

        assert ask("sse", view, event_model=Row).text == 'data: {"id":7}\n\n'

    def test_text_is_sent_as_text(self, ask):
        def view(req, resp) -> Iterator[str]:
            yield "a\nb"

        assert ask("sse", view).text == "data: a\ndata: b\n\n"

    @pytest.mark.parametrize("heartbeat", [0, -1, "x", True])
    def test_a_heartbeat_that_cannot_be_is_refused_at_registration(self, heartbeat):
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)

        with pytest.raises(ValueError, match="heartbeat= is a positive number"):
            API().sse("/", heartbeat=heartbeat)(view)

    def test_it_is_an_event_stream(self, ask):
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)

        answer = ask("sse", view, heartbeat=15)

        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"


class TestLines:
    def test_a_line_has_no_line_break_whoever_writes_json(self, client_factory):
        api = API()
        api.formats["json"] = dataclasses.replace(
            api.formats["json"],
            encode=lambda value: msgspec.json.format(msgspec.json.encode(value), indent=2),
        )

        @api.ndjson("/")
        def view(req, resp) -> Iterator[dict[str, str]]:
            yield {"a": "x\ny"}

        assert lines(client_factory(api).get("/")) == [{"a": "x\ny"}]

    def test_no_items_are_no_lines(self, ask):
        def view(req, resp) -> list[Tick]:
            return []

        answer = ask("ndjson", view)

        assert (answer.status_code, answer.content) == (200, b"")

    def test_a_media_type_of_the_view_stays(self, ask):
        def view(req, resp) -> list[int]:
            resp.mimetype = "application/jsonl"
            return [1]

        assert ask("ndjson", view).headers["content-type"] == "application/jsonl"

    def test_a_problem_before_the_first_item_is_the_answer(self, ask):
        def view(req, resp) -> Iterator[Tick]:
            raise Problem(404, "no such ticks")
            yield Tick(1)

        answer = ask("ndjson", view)

        assert (answer.status_code, answer.json()["detail"]) == (404, "no such ticks")

    def test_an_error_status_before_the_first_item_is_the_answer(self, ask):
        def view(req, resp) -> Iterator[Tick]:
            resp.status_code = 404
            yield Tick(1)

        answer = ask("ndjson", view)

        assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.parametrize("kind", ["sse", "ndjson"])
class TestBoth:
    def test_a_view_may_answer_otherwise(self, ask, kind):
        closed = []

        def ticks():
            closed.append(True)
            yield Tick(1)

        async def refuses(req, resp) -> Iterator[Tick]:
            resp.problem(403, "not for you")
            return ticks()

        async def says_nothing(req, resp) -> Iterator[Tick]:
            resp.redirect("/elsewhere")

        assert ask(kind, refuses).status_code == 403
        assert ask(kind, says_nothing).headers["location"] == "/elsewhere"
        assert closed == []

    def test_head_runs_no_generator(self, ask, kind):
        ran = []

        def view(req, resp) -> Iterator[Tick]:
            ran.append(True)
            yield Tick(1)

        answer = ask(kind, view, "HEAD")

        assert (answer.status_code, answer.content, ran) == (200, b"", [])

    def test_other_methods_are_405(self, ask, kind):
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)

        assert ask(kind, view, "POST").status_code == 405

    def test_the_function_is_returned_and_found_by_url_for(self, kind):
        api = API()

        def ticks(req, resp, *, symbol) -> Iterator[Tick]:
            yield Tick(1)

        found = getattr(api, kind)("/{symbol}")(ticks)

        assert found is ticks
        assert api.url_for(ticks, symbol="x") == api.url_for("ticks", symbol="x") == "/x"
        (route,) = api.routes
        assert route.endpoint == ticks
        assert route.endpoint != test_nothing_else
        assert hash(route.endpoint) == hash(ticks)
        assert (route.endpoint.kind, route.endpoint.model) == (kind, Tick)

    def test_options_of_routes_are_passed_on(self, client_factory, kind):
        api = API()

        def sign(req, resp):
            resp.headers["X-Signed"] = "yes"

        @getattr(api, kind)("/", name="feed", before=sign)
        def view(req, resp) -> Iterator[Tick]:
            yield Tick(1)

        assert client_factory(api).get(api.url_for("feed")).headers["x-signed"] == "yes"

    def test_a_view_that_cannot_be_called_is_refused(self, kind):
        def view(req) -> Iterator[Tick]:
            yield Tick(1)

        with pytest.raises(ViewError, match=r"view '.*view' .*write def view\(req, resp\)"):
            getattr(API(), kind)("/")(view)

    @pytest.mark.parametrize("endpoint", [Tick, 7], ids=["class", "int"])
    def test_what_is_no_function_is_refused(self, kind, endpoint):
        with pytest.raises(TypeError, match=rf"{kind}\(\) takes a function that yields items"):
            getattr(API(), kind)("/")(endpoint)

    @pytest.mark.parametrize(
        ("option", "error"),
        [("methods", TypeError), ("websocket", ValueError), ("before_request", ValueError)],
    )
    def test_an_option_that_cannot_be_is_refused(self, kind, option, error):
        with pytest.raises(error, match=f"answers GET alone; leave out {option}="):
            getattr(API(), kind)("/", **{option: ["POST"]})


def test_nothing_else():
    """A function to compare a view with."""
