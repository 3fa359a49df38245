"""Serving: the document in both of its forms."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from responder_core import API, abort
from responder_openapi import OpenAPI, serving


async def view(req, resp): ...


def make_api(openapi_options=None, **options):
    api = API(extensions=[OpenAPI(**(openapi_options or {}))], **options)
    api.get("/teas")(view)
    return api


YAML = "application/yaml"
JSON = "application/json"


class TestForms:
    @pytest.mark.parametrize(
        ("path", "accept", "kind"),
        [
            ("/schema.yml", None, YAML),
            ("/schema.yml", "*/*", YAML),
            ("/schema.yml", "text/html, */*;q=0.8", YAML),
            ("/schema.yml", "application/json", JSON),
            ("/schema.yml", "application/vnd.oai.openapi+json", JSON),
            ("/schema.yml", "application/json;q=0.5, application/yaml;q=0.4", JSON),
            ("/schema.yml", "application/json, application/yaml", YAML),
            ("/schema.yml", "image/png", YAML),
            ("/schema.json", None, JSON),
            ("/schema.json", "text/yaml", YAML),
        ],
    )
    def test_the_suffix_and_accept_choose(self, client_factory, path, accept, kind):
        yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
        headers = {} if accept is None else {"Accept": accept}
        client = client_factory(make_api())
        del client.headers["accept"]

        answer = client.get(path, headers=headers)

        assert answer.headers["content-type"] == kind
        assert "Accept" in answer.headers["vary"]
        found = json.loads(answer.text) if kind == JSON else yaml.safe_load(answer.text)
        assert list(found["paths"]) == ["/teas"]

    @pytest.mark.parametrize(
        ("route", "paths"),
        [
            ("/openapi.json", ["/openapi.json", "/openapi.yml"]),
            ("/api.yaml", ["/api.yaml", "/api.json"]),
            ("/schema", ["/schema"]),
        ],
    )
    def test_each_form_has_a_path(self, client_factory, route, paths):
        client = client_factory(make_api({"openapi_route": route}))

        assert [client.get(path).status_code for path in paths] == [200] * len(paths)
        assert client.get("/schema" if route != "/schema" else "/schema.json").status_code == 404

    def test_without_a_route_there_is_none(self, client_factory):
        assert (
            client_factory(make_api({"openapi_route": None})).get("/schema.yml").status_code == 404
        )

    def test_without_pyyaml_it_is_json_which_is_yaml_too(self, client_factory, monkeypatch):
        from responder_openapi import serving

        monkeypatch.setattr(serving, "_has_yaml", lambda: False)
        answer = client_factory(make_api()).get("/schema.yml")

        assert answer.headers["content-type"] == JSON
        assert answer.json()["openapi"] == "3.1.0"

    def test_words_of_every_language_stay_as_they_are(self, client_factory):
        pytest.importorskip("yaml", reason="PyYAML is not installed")
        api = make_api({"description": "Grüner Tee 茶"})

        assert "Grüner Tee 茶" in client_factory(api).get("/schema.yml").text
        assert "Grüner Tee 茶" in client_factory(api).get("/schema.json").text


class TestConditional:
    @pytest.mark.parametrize("path", ["/schema.yml", "/schema.json"])
    def test_who_has_it_is_told_so(self, client_factory, path):
        client = client_factory(make_api(gzip=False))
        first = client.get(path)

        answer = client.get(path, headers={"If-None-Match": first.headers["etag"]})

        assert answer.status_code == 304
        assert first.headers["cache-control"] == "no-cache"

    def test_the_tag_changes_with_the_document(self, client_factory):
        api = make_api(gzip=False)
        client = client_factory(api)
        before = client.get("/schema.json").headers["etag"]
        assert client.get("/schema.json").headers["etag"] == before
        api.get("/more", name="more")(view)

        assert client.get("/schema.json").headers["etag"] != before

    def test_one_that_is_overtaken_is_not_kept(self, client_factory, monkeypatch):
        """A document that is still encoded when there is another one already."""
        api = make_api()
        encode, entered, overtaken = serving._encode, threading.Event(), threading.Event()

        def encode_slowly(*args):
            if not entered.is_set():
                entered.set()
                overtaken.wait(30)
            return encode(*args)

        monkeypatch.setattr(serving, "_encode", encode_slowly)
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(client_factory(api).get, "/schema.json")
            entered.wait(30)
            api.get("/more", name="more")(view)
            client = client_factory(api)
            assert "/more" in client.get("/schema.json").json()["paths"]
            overtaken.set()

            assert "/more" not in slow.result(30).json()["paths"]
        assert "/more" in client.get("/schema.json").json()["paths"]

    def test_head(self, client_factory):
        answer = client_factory(make_api()).head("/schema.yml")

        assert (answer.status_code, answer.content) == (200, b"")


class TestServers:
    def servers(self, client, path):
        return client.get(path).json()["servers"]

    def test_at_the_root(self, client_factory):
        assert self.servers(client_factory(make_api()), "/schema.json") == [{"url": "/"}]

    def test_behind_a_proxy_that_strips_a_prefix(self, client_factory):
        client = client_factory(make_api(), root_path="/a b")

        assert self.servers(client, "/schema.json") == [{"url": "/a%20b"}]

    def test_below_a_mount(self, client_factory):
        outer = API()
        outer.mount("/shop", make_api())

        assert self.servers(client_factory(outer), "/shop/schema.json") == [{"url": "/shop"}]

    def test_those_that_the_program_told_of(self, client_factory):
        api = make_api({"servers": ["https://api.example.org"]})
        client = client_factory(api, root_path="/x")

        assert self.servers(client, "/schema.json") == [{"url": "https://api.example.org"}]

    def test_many_prefixes_are_not_kept_for_ever(self, client_factory):
        api = make_api()

        for number in range(40):
            client = client_factory(api, root_path=f"/p{number}")
            assert self.servers(client, "/schema.json") == [{"url": f"/p{number}"}]


class TestAccess:
    def refuse(self, req):
        abort(401)

    def test_a_guard_of_the_documentation(self, client_factory):
        api = make_api({"docs_route": "/docs", "auth": self.refuse})
        client = client_factory(api)

        paths = ["/schema.yml", "/schema.json", "/docs", "/docs/files/x/docs.js"]
        assert [client.get(path).status_code for path in paths] == [401] * 4
        assert client.get("/teas").status_code == 200

    def test_it_is_guarded_as_the_app_is(self, client_factory):
        client = client_factory(make_api({"docs_route": "/docs"}, auth=self.refuse))

        assert client.get("/schema.yml").status_code == client.get("/docs").status_code == 401

    def test_or_left_open(self, client_factory):
        options = {"docs_route": "/docs", "auth": None}
        client = client_factory(make_api(options, auth=self.refuse))

        assert client.get("/schema.yml").status_code == client.get("/docs").status_code == 200


class TestMemory:
    def test_many_ways_to_ask_are_not_kept_for_ever(self, client_factory):
        client = client_factory(make_api())

        for number in range(300):
            accept = f"application/json, text/x{number}"
            answer = client.get("/schema.json", headers={"Accept": accept})
            assert answer.headers["content-type"] == JSON

    def test_nor_is_a_long_one(self, client_factory):
        accept = "application/json;q=0.5, " + "text/x, " * 200
        answer = client_factory(make_api()).get("/schema.json", headers={"Accept": accept})

        assert answer.headers["content-type"] == JSON

    def test_a_page_brings_its_document(self, client_factory):
        api = make_api({"openapi_route": None, "docs_route": "/docs"})

        assert client_factory(api).get("/docs/schema.json").status_code == 200


def test_the_document_is_made_when_the_app_starts(client_factory):
    api = make_api()
    openapi = api.extensions[0]
    made = []
    whole = openapi.document
    openapi.document = lambda audience=None: made.append(audience) or whole(audience)

    with client_factory(api):
        assert made == [None]


def test_yaml_is_not_imported_to_serve_json(client_factory, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    assert client_factory(make_api()).get("/schema.json").json()["openapi"] == "3.1.0"


def test_threads_that_ask_at_once_get_the_same_document(monkeypatch):
    """The second asks while the first makes it, waits, and makes none of its own."""
    openapi = OpenAPI(title="Tea")
    api = API(extensions=[openapi])
    api.get("/", name="tea")(view)
    asked, made = threading.Semaphore(0), []

    class Watched:
        lock = openapi._making

        def __enter__(self):
            asked.release()
            self.lock.acquire()

        def __exit__(self, *_error):
            self.lock.release()

    class Slow:
        def describe_operation(self, operation):
            made.append(operation)
            if len(made) == 1:
                assert all(asked.acquire(timeout=60) for _ in range(2))

    monkeypatch.setattr(openapi, "_making", Watched())
    api.routes[-1].facts.append(Slow())
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(openapi.document) for _ in range(2)]
        first, second = [call.result(timeout=90) for call in calls]

    assert first is second
    assert len(made) == 1
