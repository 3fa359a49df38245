"""GraphiQL: who gets it, what it loads, and that it works in a browser."""

from __future__ import annotations

import importlib.util
import logging

import anyio
import anyio.lowlevel
import pytest
from graphql import build_schema

import responder_graphql.page
from responder_core import API
from responder_core.assets import CDN, Package, read_packages
from responder_core.live_server import LiveServer
from responder_graphql import mount

NAVIGATION = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
SDL = "type Query { hello: String } type Subscription { count: Int seen: String }"
IS_BUILT = all(each.is_brought for each in read_packages(responder_graphql.page.HERE).values())

needs_files = pytest.mark.skipif(not IS_BUILT, reason="the files of GraphiQL were not built: npm")


class Root:
    hello = "world"

    async def count(self, info):
        for number in range(3):
            yield {"count": number}
            await anyio.lowlevel.checkpoint()

    async def seen(self, info):
        yield {"seen": info.context.request.headers.get("authorization", "nothing")}


@pytest.fixture
def make():
    def run(*, debug=True, **options):
        api = API(debug=debug)
        mount(api, schema=build_schema(SDL), root_value=Root(), **options)
        return api

    return run


def get(api, accept=NAVIGATION, query=""):
    return api.test_client().get(f"/graphql{query}", headers={"Accept": accept})


def is_page(answer):
    return answer.headers["content-type"].startswith("text/html")


@pytest.fixture
def without_files(monkeypatch):
    """A checkout that was built without npm."""
    monkeypatch.setattr(Package, "is_brought", property(lambda self: False))
    monkeypatch.setattr(responder_graphql.page, "_told", False)


class TestWho:
    @pytest.mark.parametrize(
        ("debug", "graphiql", "shown"),
        [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
    )
    def test_it_follows_debug_unless_it_is_set(self, make, debug, graphiql, shown):
        answer = get(make(debug=debug, graphiql=graphiql))

        assert is_page(answer) is shown
        assert answer.headers["vary"].startswith("Accept")
        if not shown:
            assert answer.status_code == 400
            assert answer.headers["content-type"] == "application/json; charset=utf-8"

    @pytest.mark.parametrize(
        "accept", ["*/*", "", "application/json", "application/json, text/html"]
    )
    def test_only_a_navigation_gets_it(self, make, accept):
        answer = get(make(), accept, "?query={hello}")

        assert answer.json() == {"data": {"hello": "world"}}

    def test_a_link_with_a_query_leads_there(self, make):
        assert is_page(get(make(), query="?query={hello}"))

    def test_debug_that_is_set_later_is_followed(self, make):
        api = make(debug=False)
        assert not is_page(get(api))

        api.debug = True

        assert is_page(get(api))

    def test_the_files_are_there_where_the_page_is(self, make):
        for debug, status in ((True, 200), (False, 404)):
            api = make(debug=debug)
            path = next(each.path for each in api.routes if "graphiql-" in each.path)
            answer = api.test_client().get(path.replace("{path:path}", "graphiql.js"))
            assert answer.status_code == status
            if debug:
                assert "immutable" in answer.headers["cache-control"]


class TestPage:
    @needs_files
    def test_it_loads_from_its_own_origin_alone(self, make):
        answer = get(make())

        assert "://" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"

    @needs_files
    def test_every_file_is_served(self, make):
        import re

        client = make().test_client()
        page = client.get("/graphql", headers={"Accept": NAVIGATION}).text
        paths = re.findall(r'(?:src|href)="(/[^"]+)"', page)

        assert len(paths) == 7
        assert [path for path in paths if client.get(path).status_code != 200] == []

    @needs_files
    def test_the_licences_are_brought(self):
        for each in read_packages(responder_graphql.page.HERE).values():
            assert [file for file in each.directory.iterdir() if "LICENSE" in file.name]

    def test_without_the_files_a_cdn_is_asked_and_the_log_says_so_once(
        self, make, without_files, caplog
    ):
        with caplog.at_level(logging.WARNING):
            answer = get(make())
            get(make())

        assert f'src="{CDN}graphiql@' in answer.text
        assert answer.text.count('integrity="sha384-') == 5
        assert f"script-src 'self' {CDN};" in answer.headers["content-security-policy"]
        (record,) = caplog.records
        assert "GraphiQL is loaded from" in record.getMessage()

    def test_it_knows_where_it_is_below_a_mount(self, make):
        outer = API()
        outer.mount("/inner", make())

        page = outer.test_client().get("/inner/graphql", headers={"Accept": NAVIGATION}).text

        assert 'data-url="/inner/graphql"' in page
        assert 'src="/inner/graphql/graphiql-' in page

    def test_an_endpoint_at_the_root_has_its_files_below(self):
        api = API(debug=True)
        mount(api, "/", schema=build_schema(SDL))

        page = api.test_client().get("/", headers={"Accept": NAVIGATION}).text

        assert 'src="/graphiql-' in page


@pytest.mark.browser
@needs_files
class TestBrowser:
    @pytest.mark.parametrize(
        ("query", "websocket", "shown"),
        [
            ("{hello}", True, '"world"'),
            ("subscription{count}", True, '"count": 2'),
            ("subscription{count}", False, '"count": 2'),
        ],
        ids=["query", "websocket", "events"],
    )
    def test_an_operation_is_executed(self, make, visit, query, websocket, shown):
        if websocket and not any(map(importlib.util.find_spec, ("websockets", "wsproto"))):
            pytest.skip("uvicorn has nothing that speaks WebSocket: pip install websockets")
        api = make(websocket=websocket)

        with LiveServer(api) as server:
            found = visit(f"{server.url}/graphql")
            execute(found.page, query, shown)

            origins = {url.split("/")[2] for url in found.requests}
            assert origins == {f"127.0.0.1:{server.port}"}
            assert found.complaints == []

    def test_a_subscription_sends_the_header_fields_of_the_editor(self, make, visit):
        with LiveServer(make()) as server:
            found = visit(f"{server.url}/graphql")
            found.page.locator("[data-name=headers]").click()
            fields = '{"Authorization": "Bearer token"}'
            write(found.page, HEADERS, fields)
            execute(found.page, "subscription{seen}", '"seen": "Bearer token"')

            assert found.complaints == []


HEADERS = "[aria-label=Headers] .graphiql-editor:not(.hidden) .CodeMirror"


def write(page, selector, text):
    """Write into an editor, whose content is no field of a form."""
    editor = page.locator(selector).first
    editor.wait_for()
    editor.evaluate("(editor, text) => editor.CodeMirror.setValue(text)", text)


def execute(page, query, shown):
    """Write an operation, run it, and wait for what is shown."""
    write(page, ".graphiql-query-editor .CodeMirror", query)
    page.locator(".graphiql-execute-button").click()
    page.locator(".result-window").filter(has_text=shown).wait_for()
