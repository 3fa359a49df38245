"""Listing: what is told of the routes of an app."""

import functools

import pytest

from responder_core import API, Depends, Router
from responder_core.listing import filter_rows, find_docs, list_routes, write_table


def hook(req, resp): ...


def sign(req, resp): ...


def guard(req): ...


async def show(req, resp, *, id): ...


class Things:
    async def on_get(self, req, resp): ...

    async def on_post(self, req, resp): ...


async def talk(ws): ...


HERE = f"{show.__module__}"


def rows_of(api):
    return {row["path"]: row for row in list_routes(api)}


def test_a_route():
    api = API(max_request_size=2048)
    api.add_route("/items/{id:int}", show, methods=["GET"], name="item", request_timeout=2.5)

    assert rows_of(api)["/items/{id:int}"] == {
        "methods": ["GET", "HEAD"],
        "path": "/items/{id:int}",
        "name": "item",
        "view": f"{HERE}.show",
        "hooks": [],
        "auth": [],
        "limits": {"time": "2.5 s"},
    }


@pytest.mark.parametrize(
    ("size", "words"),
    [(3 * 1024 * 1024, "3 MiB"), (2048, "2 KiB"), (1500, "1500 B"), (None, None)],
)
def test_the_bytes_of_a_body(size, words):
    api = API(max_request_size=None)
    api.add_route("/things", Things, max_request_size=size)

    assert rows_of(api)["/things"]["limits"].get("body") == words


def test_a_class_view_has_its_methods():
    api = API()
    api.add_route("/things", Things)

    row = rows_of(api)["/things"]
    assert (row["methods"], row["view"]) == (["GET", "HEAD", "POST"], f"{HERE}.Things")


def test_a_method_that_another_route_has_is_listed_there():
    api = API()
    api.add_route("/x", lambda req, resp: None, methods=["GET"])
    api.add_route("/x", lambda req, resp: None, methods=["HEAD"])

    assert [row["methods"] for row in list_routes(api)] == [["GET"], ["HEAD"]]


def test_hooks_in_the_order_they_run():
    api, router = API(), Router(before=hook, after=sign)
    api.before_request(hook)
    api.after_request(sign)

    async def own(req, resp): ...

    router.add_route("/x", lambda req, resp: None, before=own, after=own)
    api.include_router(router)

    name = f"{HERE}.test_hooks_in_the_order_they_run.own"
    expected = [f"{HERE}.hook"] * 2 + [name] * 2 + [f"{HERE}.sign"] * 2
    assert rows_of(api)["/x"]["hooks"] == expected


def test_guards_in_the_order_they_run():
    api = API(dependencies=[Depends(guard)], auth=functools.partial(guard), public=["/open"])
    api.add_route("/closed", lambda req, resp: None)
    api.add_route("/open", lambda req, resp: None)

    rows = rows_of(api)
    assert rows["/closed"]["auth"] == [f"{HERE}.guard"] * 2
    assert rows["/open"]["auth"] == []


def test_a_websocket():
    api = API(max_message_size=1024)
    api.before_request(guard, websocket=True)
    api.add_route("/ws", talk, websocket=True, idle_timeout=5)

    row = rows_of(api)["/ws"]
    assert (row["methods"], row["hooks"]) == (["WEBSOCKET"], [f"{HERE}.guard"])
    assert row["limits"]["idle"] == "5 s"


def test_the_limits_of_a_route_are_told_where_it_has_them():
    api = API()
    api.add_route("/plain", talk, websocket=True)
    api.add_route("/small", talk, websocket=True, max_message_size=2048, request_timeout=3)
    api.add_route("/long/{id}", show, methods=["GET"], cancel_on_disconnect=True)
    api.routes[-1].facts.append("of nothing that is limited")

    rows = rows_of(api)
    assert rows["/plain"]["limits"] == {}
    assert rows["/small"]["limits"] == {"message": "2 KiB", "time": "3 s"}
    assert rows["/long/{id}"]["limits"] == {"client": "ends when it leaves"}


def test_a_mount():
    api = API()
    api.mount("/in", API())

    row = rows_of(api)["/in"]
    assert (row["methods"], row["view"]) == (["MOUNT"], "responder_core.api.API")


def test_a_fact_may_tell_of_limits():
    class Limit:
        def describe_limits(self):
            return {"rate": "5/minute"}

    api = API()
    api.add_route("/x", lambda req, resp: None)
    api.routes[-1].facts.append(Limit())

    assert rows_of(api)["/x"]["limits"]["rate"] == "5/minute"


@pytest.mark.parametrize("text", ["ITEMS", "post", "make", "test_listing"])
def test_rows_are_found_by_any_of_their_words(text):
    api = API()

    @api.post("/items")
    async def make(req, resp): ...

    api.mount("/in", API())
    assert [row["path"] for row in filter_rows(list_routes(api), text)] == ["/items"]


def test_the_table_leaves_out_what_nobody_has():
    api = API(static_dir=None)
    api.add_route("/items/{id}", show, methods=["GET"])
    api.mount("/in", API())

    head, first, second = write_table(list_routes(api)).splitlines()
    assert head.split() == ["METHODS", "PATH", "NAME", "VIEW"]
    assert first.split() == ["GET,HEAD", "/items/{id}", "show", f"{HERE}.show"]
    assert second.startswith("MOUNT     /in")


def test_there_may_be_none():
    assert write_table([]) == "No routes."


def test_the_documentation_is_the_route_of_that_name():
    api = API()
    assert find_docs(api) is None
    api.add_route("/documentation", lambda req, resp: None, name="docs")
    assert find_docs(api) == "/documentation"
