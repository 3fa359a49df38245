"""Whole programs, as users of the published versions write them: one for each feature."""

from __future__ import annotations

import logging
import re
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from responder.testing import assert_problem, parse_sse
from tests.compat.runner import PROGRAMS, run_program

SECURE = "https://testserver"
JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Programs find their files in the folder that they are started in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)
    return tmp_path


# What only the meta-package has: keywords and modules of the other packages, and former names.
OF_THE_META = {
    "csrf",
    "graphql",
    "openapi_marshmallow",
    "openapi_pydantic",
    "plain_errors",
    "resource",
    "responses",
    "security_scheme",
    "sessions",
    "status_codes",
    "testing",
}


def pytest_generate_tests(metafunc):
    name = metafunc.function.__name__.removeprefix("test_")
    program = PROGRAMS / f"{name}.py"
    if "run" in metafunc.fixturenames:
        own = name in OF_THE_META or "responder.ext" in program.read_text(encoding="utf-8")
        packages = ["responder"] if own else ["responder", "responder_core"]
        metafunc.parametrize("package", packages)


@pytest.fixture
def run(package):
    """Runs a program on a package: as it stands, or with its imports changed to the core's."""
    return partial(run_program, package=package)


@pytest.fixture
def client_of(run):
    """A client of the app of a program."""

    def make(name, base_url="http://;", **options):
        return run(name).api.test_client(base_url, **options)

    return make


def test_values(client_of):
    client = client_of("values")

    assert client.get("/").text == "Welcome!"
    assert client.get("/dict").json() == {"tea": "green"}
    assert client.get("/list").json() == [1, 2, 3]
    assert client.get("/bytes").content == b"\x00\x01"
    assert client.get("/number").json() == 42
    created = client.post("/created")
    assert (created.status_code, created.json()) == (201, {"id": 1})
    answer = client.get("/headers")
    assert (answer.status_code, answer.headers["x-tea"]) == (202, "green")


def test_responses(client_of, elsewhere):
    (elsewhere / "tea.pdf").write_bytes(b"%PDF tea")
    client = client_of("responses")

    assert client.get("/text").headers["content-type"] == "text/plain; charset=utf-8"
    html = client.get("/html")
    assert (html.text, html.headers["content-type"]) == (
        "<h1>page</h1>",
        "text/html; charset=utf-8",
    )
    assert client.get("/content").headers["content-type"] == "application/pdf"
    assert client.get("/media").json() == {"name": "tea", "tags": ["green", "hot"]}
    status = client.get("/status")
    assert (status.status_code, status.headers["x-pot"]) == (418, "short and stout")
    file = client.get("/file/tea.pdf")
    assert (file.content, file.headers["content-type"]) == (b"%PDF tea", "application/pdf")
    download = client.get("/download/tea.pdf")
    assert download.headers["content-disposition"].startswith('attachment; filename="tea list.txt"')
    assert client.get("/chunks/tea.pdf").content == b"%PDF tea"
    cached = client.get("/cached").headers
    assert cached["cache-control"] == "public, max-age=3600"
    assert "Accept-Language" in cached["vary"]


def test_requests(client_of):
    client = client_of("requests", "http://example.org")

    client.cookies["flavour"] = "mint"

    found = client.get("/about/tea?tag=a&tag=b&x=1", headers={"X-AGENT": "me"}).json()
    assert found == {
        "method": "GET",
        "path": "/about/tea",
        "query": "tag=a&tag=b&x=1",
        "full_url": "http://example.org/about/tea?tag=a&tag=b&x=1",
        "params": {"tag": "b", "x": "1"},
        "all_tags": ["a", "b"],
        "missing": "nothing",
        "agent": "me",
        "agent_again": "me",
        "cookie": "mint",
        "json": False,
        "secure": False,
        "accepts_html": True,
        "path_params": {"name": "tea"},
        "client": True,
    }
    text = client.post("/text", content="té".encode()).json()
    assert text == {"text": "té", "bytes": 3, "encoding": "utf-8"}
    assert client.get("/state").text == "ada"


def test_media(client_of):
    client = client_of("media")

    assert client.post("/items", json={"a": 1}).json() == {"created": {"a": 1}}
    yaml = client.post(
        "/items",
        content="a: 1",
        headers={"Content-Type": "application/x-yaml", "Accept": "application/x-yaml"},
    )
    assert yaml.headers["content-type"] == "application/yaml"
    assert yaml.text == "created:\n  a: 1\n"
    form = client.post("/form", data={"name": ["a", "b"]})
    assert form.json() == {"name": "b", "all": ["a", "b"]}
    assert client.post("/sync", json=[1]).json() == [1]
    packed = client.post("/json", json={"a": 1}, headers={"Accept": "application/x-msgpack"})
    assert packed.content == b"\x81\xa1a\x01"
    assert client.post("/items", content=b"{").status_code == 400


def test_files(client_of, elsewhere):
    client = client_of("files")

    found = client.post(
        "/upload", files={"photo": ("p.jpg", b"jpeg", "image/jpeg")}, data={"title": "tea"}
    )
    assert found.json() == {"photo": {"filename": "p.jpg", "type": "image/jpeg", "size": 4}}
    saved = client.post("/save", files={"photo": ("../p.jpg", b"jpeg")})
    assert saved.status_code == 201
    assert (elsewhere / "uploads" / "photo.jpg").read_bytes() == b"jpeg"


def test_upload_parameters(client_of):
    client = client_of("upload_parameters")

    found = client.post("/photos", data={"title": "Pot"}, files={"image": ("p.jpg", b"jpeg")})
    assert found.json() == {"title": "Pot", "name": "p.jpg", "size": 4}
    assert client.post("/photos", data={"title": "Pot"}).status_code == 422


def test_request_stream(client_of):
    client = client_of("request_stream")

    assert client.post("/count", content=iter([b"ab", b"cde"])).json() == {"size": 5}


def test_custom_format(client_of):
    client = client_of("custom_format")

    assert client.post("/sum", content="1,2\n3,4").json() == {"sum": 10}


def test_class_on_request(client_of):
    client = client_of("class_on_request")

    got = client.get("/teas/green")
    assert (got.headers["x-tea"], got.json()) == ("green", {"name": "green"})
    put = client.put("/teas/green")
    assert (put.status_code, put.headers["x-tea"]) == (204, "green")
    assert client.get("/pots").text == "pots"
    assert client.post("/pots").status_code == 405


def test_hooks(run):
    program = run("hooks")
    client = program.api.requests

    answer = client.get("/")
    assert answer.headers["x-served-by"] == "teapot"
    assert program.order == ["before", "route before", "view", "route after", "after"]

    program.order.clear()
    refused = client.get("/?token=wrong")
    assert (refused.status_code, refused.json()) == (403, {"error": "forbidden"})
    assert "view" not in program.order


def test_background(run):
    program = run("background")

    with program.api.test_client() as client:
        assert client.get("/task").json() == {"status": "processing"}
        assert client.get("/run").json() == {"status": "Future"}
        assert client.get("/await").text == "DONE"
        assert client.get("/after").text == "sent"
        assert client.get("/async").text == "started"

    # The end of the lifespan has waited for all of them.
    assert sorted(program.done) == ["after", "async", "run", "task"]


def test_streaming(client_of):
    client = client_of("streaming")

    assert client.get("/stream").content == b"0\n1\n2\n"
    arguments = client.get("/arguments")
    assert (arguments.text, arguments.headers["content-type"]) == (
        "tea tea ",
        "text/plain; charset=utf-8",
    )


def test_sse(client_of):
    client = client_of("sse")

    answer = client.get("/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second, third = parse_sse(answer.text)
    assert (first.event, first.data, first.id) == ("greeting", "hello", "1")
    assert (second.json(), third.data) == ({"tea": "green"}, "plain")
    assert ": still here" in answer.text
    (slow,) = parse_sse(client.get("/slow").text)
    assert (slow.data, slow.retry) == ("first", 3000)


def test_typed_streams(client_of):
    client = client_of("typed_streams")

    first, second = parse_sse(client.get("/ticks/TEA").text)
    assert (first.id, first.json()) == ("1", {"symbol": "TEA", "price": 1.5})
    assert second.json() == {"symbol": "TEA", "price": 2.5}
    rows = client.get("/rows")
    assert rows.headers["content-type"] == "application/x-ndjson"
    assert rows.text == '{"symbol":"A","price":1.0}\n{"symbol":"B","price":2.0}\n'


def test_websocket(run):
    program = run("websocket")
    client = program.api.requests

    with client.websocket_connect("/echo") as ws:
        for name in ("Ada", "Eve"):
            ws.send_text(name)
            assert ws.receive_text() == f"Hello {name}!"
    with client.websocket_connect("/json/tea?user=ada") as ws:
        ws.send_json({"a": 1})
        assert ws.receive_json() == {"room": "tea", "message": {"a": 1}, "user": "ada"}
        with pytest.raises(WebSocketDisconnect):
            ws.receive_text()
    with client.websocket_connect("/bytes", subprotocols=["v1"]) as ws:
        assert ws.accepted_subprotocol == "v1"
        ws.send_bytes(b"\x00")
        assert ws.receive_bytes() == b"\x00"
    with (
        pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)),
        client.websocket_connect("/nowhere"),
    ):
        pass
    assert program.seen == ["/echo", "/json/tea", "/bytes"]


def test_templates(client_of, elsewhere):
    (elsewhere / "pages").mkdir()
    (elsewhere / "pages" / "hello.html").write_text("Hello, {{ name }}, of {{ site }}!")
    client = client_of("templates")

    for path in ("/<b>", "/render/<b>", "/async/<b>"):
        assert client.get(path).text == "Hello, &lt;b&gt;, of Teahouse!"
    assert client.get("/string/Ada").text == "Hello, Ada!"


def test_static(client_of, elsewhere):
    for folder, name in (("assets", "index.html"), ("assets", "a.css"), ("more", "b.css")):
        (elsewhere / folder).mkdir(exist_ok=True)
        (elsewhere / folder / name).write_text(name)
    client = client_of("static")

    assert client.get("/").text == "index.html"
    assert client.get("/files/a.css").text == "a.css"
    assert client.get("/files/b.css").text == "b.css"
    etag = client.get("/files/a.css").headers["etag"]
    assert client.get("/files/a.css", headers={"if-none-match": etag}).status_code == 304
    assert client.get("/files/missing.css").status_code == 404
    assert client.get("/files/..%2Fsecret").status_code == 404
    assert client.get("/some/page", headers={"accept": "text/html"}).text == "index.html"
    assert client.get("/api/teas").json() == ["green"]


def test_mounts(client_of):
    client = client_of("mounts")

    assert client.get("/v1/teas").json() == {"teas": ["green"], "url": "/v1/teas"}
    assert client.get("/wsgi/a/b").text == "/wsgi /a/b"
    assert client.get("/asgi/x").text == "/asgi/x"
    assert client.get("/wsgi/known").text == "a route comes first"
    assert client.get("/wsgier").status_code == 404


def test_flask_mount(client_of):
    pytest.importorskip("flask", reason="flask is not installed")
    client = client_of("flask_mount")

    assert client.get("/flask/?name=Ada").text == "Hello Ada!"
    assert client.post("/flask/form", data={"name": "tea"}).json() == {"name": "tea"}


def test_sessions(client_of):
    client = client_of("sessions", SECURE)

    assert client.get("/me").json() == {"user": None, "all": {}}
    assert "set-cookie" not in client.get("/me").headers
    login = client.get("/login/ada")
    cookie = login.headers["set-cookie"].lower()
    assert cookie.startswith("session=")
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax"))
    assert client.get("/me").json() == {"user": "ada", "all": {"user": "ada"}}
    client.get("/set")
    assert client.get("/me").json() == {"user": None, "all": {"tea": "green"}}
    client.get("/logout")
    assert client.get("/me").json()["all"] == {}


def test_server_sessions(client_of):
    client = client_of("server_sessions", SECURE)

    client.get("/login")
    first = client.cookies["tea_session"]
    assert client.get("/me").json() == {"user": "ada"}
    assert "ada" not in first
    client.get("/login")
    assert client.cookies["tea_session"] != first
    stranger = client_of("server_sessions", SECURE, cookies={"tea_session": first})
    assert stranger.get("/me").json() == {"user": None}


def test_csrf(client_of):
    client = client_of("csrf", SECURE)

    page = client.get("/form").text
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    assert client.post("/form", data={"csrf_token": token}).text == "saved"
    assert client.post("/form", headers={"x-csrf-token": token}).text == "saved"
    assert client.post("/form").status_code == 403
    assert client.post("/hook").text == "ok"


def test_cookies(client_of):
    client = client_of("cookies")

    answer = client.get("/set")
    fields = answer.headers.get_list("set-cookie")
    mint = next(each.lower() for each in fields if each.startswith("flavour=mint"))
    assert all(word in mint for word in ("max-age=3600", "httponly", "samesite=strict", "path=/"))
    assert client.get("/read").json() == {"flavour": "mint", "simple": "value"}
    client.get("/delete")
    assert client.get("/read").json() == {"simple": "value"}


def test_cors(client_of):
    client = client_of("cors")
    origin = {"origin": "https://app.example.org"}

    assert (
        client.get("/", headers=origin).headers["access-control-allow-origin"] == origin["origin"]
    )
    assert client.get("/nowhere", headers=origin).headers["access-control-allow-credentials"] == (
        "true"
    )
    preflight = client.options(
        "/",
        headers={
            **origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "X-Token",
        },
    )
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]
    other = client.get("/", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_https(client_of):
    plain = client_of("https", "http://tea.example.org", follow_redirects=False).get("/?a=1")
    assert (plain.status_code, plain.headers["location"]) == (307, "https://tea.example.org/?a=1")

    secure = client_of("https", "https://tea.example.org").get("/")
    assert secure.text == "secure"
    assert secure.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert client_of("https", "https://evil.example").get("/").status_code == 400


def test_security_headers(client_of):
    fields = client_of("security_headers").get("/").headers

    assert fields["x-content-type-options"] == "nosniff"
    assert fields["x-frame-options"] == "SAMEORIGIN"
    assert fields["referrer-policy"] == "strict-origin-when-cross-origin"


def test_graphql(client_of):
    client = client_of("graphql")
    headers = {"X-Agent": "me"}

    answer = client.post("/graphql", json={"query": "{ hello agent }"}, headers=headers)
    assert answer.json() == {"data": {"hello": "Hello stranger", "agent": "me"}}
    assert answer.headers["x-resolved"] == "yes"
    named = client.post(
        "/graphql",
        json={"query": "query Q($n: String) { hello(name: $n) }", "variables": {"n": "Ada"}},
    )
    assert named.json()["data"] == {"hello": "Hello Ada"}
    assert client.get("/graphql", params={"query": "{ hello }"}).json()["data"] == {
        "hello": "Hello stranger"
    }
    mutation = 'mutation { setTea(name: "mint") { name } }'
    assert client.post("/graphql", json={"query": mutation}).json()["data"] == {
        "setTea": {"name": "mint"}
    }
    assert client.get("/graphql", params={"query": mutation}).status_code == 405
    assert client.post("/graphql", json={"query": "{ nothing }"}).json()["errors"][0]["message"]


def test_graphql_view(client_of):
    answer = client_of("graphql_view").post("/graph", json={"query": "{ hello }"})

    assert answer.json() == {"data": {"hello": "hello"}}


def test_openapi_pydantic(run):
    program = run("openapi_pydantic")
    client = program.api.requests

    made = client.post("/teas", json={"name": "mint"})
    assert made.json() == {"name": "mint", "price": 1.5}
    assert client.post("/teas", json={"price": 1}).status_code == 422
    assert client.get("/search?q=tea&limit=3").json() == {"q": "tea", "limit": 3}
    assert client.get("/search").status_code == 422
    typed = client.post("/typed", json={"name": "mint", "price": 2})
    assert (typed.status_code, typed.json()) == (201, {"name": "mint", "price": 2.0})

    assert client.get("/schema.yml").text.startswith("openapi: 3.0.2")
    document = client.get("/schema.yml", headers=JSON).json()
    assert document["info"]["title"] == "Teahouse"
    assert document["paths"]["/teas"]["post"]["summary"] == "Create a tea"
    assert {"q", "limit"} <= {
        each["name"] for each in document["paths"]["/search"]["get"]["parameters"]
    }
    assert document["paths"]["/typed"]["post"]["tags"] == ["teas"]
    assert "<html" in client.get("/docs").text


def test_openapi_marshmallow(client_of):
    pytest.importorskip("apispec", reason="apispec is not installed")
    client = client_of("openapi_marshmallow")

    assert client.get("/pets").json() == {"name": "little orange"}
    document = client.get("/schema.yml", headers=JSON).json()
    assert document["components"]["schemas"]["Pet"]["properties"]["name"]["type"] == "string"
    operation = document["paths"]["/pets"]["get"]
    assert operation["description"] == "Get a random pet"
    answer = operation["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Pet"}


def test_rate_limit(client_of):
    client = client_of("rate_limit")

    answers = [client.get("/limited") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["x-ratelimit-limit"] == "2"
    assert answers[0].headers["x-ratelimit-remaining"] == "1"
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    assert [client.post("/login").status_code for _ in range(2)] == [200, 429]
    assert [client.get("/free").status_code for _ in range(3)] == [200] * 3


def test_rate_limit_install(client_of):
    client = client_of("rate_limit_install")

    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]


def test_rate_limit_check(client_of):
    client = client_of("rate_limit_check")

    assert [client.get("/").status_code for _ in range(2)] == [200, 429]


def test_metrics(client_of):
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    client = client_of("metrics")
    client.get("/teas/green")
    client.get("/nowhere")

    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert re.search(
        r'responder_requests_total\{[^}]*method="GET"[^}]*path="/teas/\{name\}"[^}]*\} 1',
        answer.text,
    )
    assert 'path="unmatched"' in answer.text
    assert "responder_request_duration_seconds_bucket" in answer.text


def test_logging_context(client_of, caplog):
    logger = logging.getLogger("responder")
    before = list(logger.handlers), logger.level
    caplog.set_level(logging.INFO, logger="responder")
    try:
        answer = client_of("logging_context").get("/", headers={"X-Request-ID": "tea-1"})
    finally:
        logger.handlers[:], level = before
        logger.setLevel(level)

    assert answer.json() == {"id": "tea-1", "method": "GET"}
    told = [(each.name, each.getMessage()) for each in caplog.records]
    assert ("responder.app.shop", "serving /") in told
    assert ("responder.app", "done") in told
    assert any(name == "responder.access" and "GET /" in words for name, words in told)


def test_request_id(client_of):
    client = client_of("request_id")

    assert client.get("/", headers={"X-Request-ID": "tea-1"}).headers["x-request-id"] == "tea-1"
    made = {client.get(path).headers["x-request-id"] for path in ("/", "/", "/nowhere")}
    assert len(made) == 3
    assert client.get("/", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"


def test_health(run):
    program = run("health")

    with program.api.test_client() as client:
        well = client.get("/health")
        assert (well.status_code, well.json()) == (200, {"status": "ok"})
        assert {"database", "queue"} <= client.get("/health?verbose").json()["checks"].keys()

    program = run("health")
    program.state["database"] = False
    with program.api.test_client() as client:
        ill = client.get("/health")
        assert (ill.status_code, ill.json()["status"]) == (503, "error")


def test_errors(client_of):
    client = client_of("errors")

    missing = client.get("/lookup")
    assert (missing.status_code, missing.json()) == (404, {"error": "'tea'"})
    assert (missing.headers["x-handled"], missing.cookies["seen"]) == ("yes", "error")
    stopped = client.get("/abort")
    assert stopped.headers["x-why"] == "because"
    assert_problem(stopped, 403, title="Forbidden", detail="Not for you.")
    assert_problem(
        client.get("/problem"), 402, title="Poor", type="https://example.org/poor", balance=3
    )
    teapot = client.get("/teapot")
    assert (teapot.status_code, teapot.text) == (418, "short and stout")
    assert_problem(client.get("/respond"), 409, detail="Taken.", seat="4A")
    assert client.get("/abort", headers={"accept": "text/plain"}).text.startswith("403 Forbidden")


def test_not_found_page(client_of):
    answer = client_of("not_found_page").get("/nowhere")

    assert (answer.status_code, answer.text) == (404, "<h1>Nothing here</h1>")


def test_dependencies(run):
    program = run("dependencies")
    api = program.api

    with api.test_client() as client:
        found = client.get("/", headers={"X-User": "ada"}).json()
        assert found == {"db": "db of teahouse", "pool": "pool", "user": "ada"}
        assert program.closed == ["db"]
        assert client.get("/admin").status_code == 403
        assert client.get("/admin", headers={"X-User": "ada"}).text == "admin"
        with client.websocket_connect("/ws") as ws:
            assert ws.receive_text() == "db of teahouse"
        with api.dependency_overrides(db="a fake"):
            assert client.get("/").json()["db"] == "a fake"
        assert client.get("/").json()["db"] == "db of teahouse"

    assert program.closed[-1] == "pool"


def test_events(run):
    program = run("events")

    with program.api.test_client() as client:
        assert client.get("/").json() == ["start", "also"]

    assert program.happened == ["start", "also", "stop"]


def test_lifespan_state(run):
    program = run("lifespan_state")

    with program.api.test_client() as client:
        assert client.get("/").text == "connected"

    assert program.api.state.db == "closed"


def test_urls(client_of):
    client = client_of("urls")

    assert client.get("/users/7").text == "/users/7"
    assert client.get("/users/seven").status_code == 404
    assert client.get("/teas/x").json() == ["/users/1", "/teas/a%20b"]
    assert client.get("/files/a/b.txt").text == "a/b.txt"
    assert client.get("/price/1.5").json() == 1.5


def test_redirects(client_of):
    client = client_of("redirects", follow_redirects=False)

    old = client.get("/old")
    assert (old.status_code, old.headers["location"]) == (307, "/new")
    assert old.text == "Redirecting to: /new"
    assert client.get("/moved").status_code == 308
    found = client.get("/found")
    assert (found.status_code, found.text) == (302, "")
    assert client.get("/outside").headers["location"] == "https://example.org/"
    assert client.get("/old", follow_redirects=True).text == "new"
    slash = client.get("/new/?a=1")
    assert (slash.status_code, slash.headers["location"]) == (307, "/new?a=1")


def test_conditional(client_of):
    client = client_of("conditional")

    etag = client.get("/auto").headers["etag"]
    same = client.get("/auto", headers={"if-none-match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    explicit = client.get("/explicit").headers
    assert explicit["etag"] == '"v1"'
    assert explicit["last-modified"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    since = {"if-modified-since": explicit["last-modified"]}
    assert client.get("/explicit", headers=since).status_code == 304
    assert client.get("/explicit", headers={"if-none-match": '"v0"'}).status_code == 200


def test_ranges(client_of, elsewhere):
    (elsewhere / "movie.mp4").write_bytes(b"0123456789")
    client = client_of("ranges")

    assert client.get("/movie").headers["accept-ranges"] == "bytes"
    for path in ("/movie", "/content"):
        part = client.get(path, headers={"range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"234")
        assert part.headers["content-range"] == "bytes 2-4/10"
        assert client.get(path, headers={"range": "bytes=-2"}).content == b"89"
        beyond = client.get(path, headers={"range": "bytes=20-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */10")
    head = client.head("/movie")
    assert (head.headers["content-length"], head.content) == ("10", b"")


def test_groups(client_of):
    client = client_of("groups")

    for name in ("teas", "pots"):
        answer = client.get(f"/v1/{name}")
        assert (answer.text, answer.headers["x-version"]) == (name, "1")
    assert "x-version" not in client.get("/outside").headers


def test_routers(client_of):
    client = client_of("routers")

    answer = client.get("/v1/users/7")
    assert (answer.json(), answer.headers["x-router"]) == ({"id": 7}, "users")
    assert client.get("/v1/users/admin/").status_code == 401
    allowed = client.get("/v1/users/admin/", headers={"X-Token": "secret"})
    assert allowed.text == "dashboard"


def test_parameters(client_of):
    client = client_of("parameters")

    answer = client.get(
        "/items/7?q=tea&tag=a&tag=b&limit=3",
        headers={"User-Agent": "me", "Cookie": "flavour=mint"},
    )
    assert answer.json() == {
        "id": 7,
        "q": "tea",
        "limit": 3,
        "tags": ["a", "b"],
        "agent": "me",
        "flavour": "mint",
    }
    errors = client.get("/items/0?limit=101").json()["errors"]
    assert {each["parameter"] for each in errors} == {"item_id", "q", "limit"}


def test_verbs(client_of):
    client = client_of("verbs")

    assert client.get("/teas").json() == ["green"]
    made = client.post("/teas", json={"name": "mint"})
    assert (made.status_code, made.headers["location"]) == (201, "/teas/1")
    assert made.json() == {"name": "mint"}
    assert [client.put("/teas/1").json(), client.patch("/teas/2").json()] == [1, 2]
    assert client.delete("/teas/1").status_code == 204
    head = client.head("/teas")
    assert (head.status_code, head.content) == (200, b"")
    refused = client.put("/teas")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert client.options("/teas").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert [client.request(each, "/any").text for each in ("GET", "POST", "DELETE")] == [
        "GET",
        "POST",
        "DELETE",
    ]


def test_middleware(client_of):
    fields = client_of("middleware").get("/").headers

    assert (fields["x-stamp"], fields["x-around"]) == ("2", "yes")


def test_limits(client_of):
    client = client_of("limits")

    assert client.post("/echo", content=b"x" * 10).content == b"x" * 10
    assert client.post("/echo", content=b"x" * 11).status_code == 413
    assert client.get("/slow").status_code == 504


def test_guard(client_of):
    client = client_of("guard")

    refused = client.get("/me")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/me", headers={"Authorization": "Bearer secret"}).text == "ada"
    assert client.get("/open").text == "open"


def test_encoder(client_of):
    assert client_of("encoder").get("/").json() == {
        "money": {"amount": 5},
        "when": "2026-01-01",
        "id": "00000000-0000-0000-0000-000000000000",
        "price": 1.5,
        "tags": ["green"],
    }


def test_plain_errors(client_of):
    client = client_of("plain_errors")

    assert client.get("/teapot", headers=JSON).json() == {"error": "short and stout"}
    assert client.get("/teapot").text == "short and stout"


def test_problem_handler(client_of):
    assert_problem(client_of("problem_handler").get("/nowhere"), 404, service="teahouse")


def test_security_scheme(client_of):
    client = client_of("security_scheme")

    document = client.get("/schema.yml", headers=JSON).json()
    assert document["components"]["securitySchemes"]["key"]["name"] == "X-Key"
    assert document["security"] == [{"key": []}]
    assert list(document["paths"]) == ["/teas"]
    operation = document["paths"]["/teas"]["get"]
    assert (operation["operationId"], operation["deprecated"]) == ("allTeas", True)
    assert client.get("/hidden").text == "hidden"


def test_status_codes(client_of):
    answer = client_of("status_codes").get("/")

    assert answer.status_code == 201
    assert answer.json() == {"ok": True, "teapot": 418, "safe": 201}


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_testing(run, anyio_backend):
    program = run("testing")

    program.test_greeting()
    program.test_session()
    program.test_with_a_client()
    await program.test_async()


def test_resource(client_of):
    client = client_of("resource")

    answer = client.post("/hello")
    assert (answer.status_code, answer.text) == (416, "hello, world!")
    assert answer.headers["x-life"] == "42"
    assert client.get("/docs").status_code == 200


def test_todo(client_of):
    client = client_of("todo")

    made = client.post("/todos", json={"title": "Brew"})
    assert (made.status_code, made.headers["x-version"]) == (201, "1")
    place = made.headers["location"]
    assert client.get(place).json() == {"title": "Brew", "done": False}
    assert client.patch(place, json={"done": True}).json()["done"] is True
    assert [each["title"] for each in client.get("/todos?done=true").json()] == ["Brew"]
    assert client.get("/todos?done=false").json() == []
    assert client.post("/todos", json={}).json() == {"error": "a title is required"}
    assert client.delete(place).status_code == 204
    gone = client.get(place)
    assert (gone.status_code, gone.json()) == (404, {"error": "no such todo"})


def test_chat(run):
    program = run("chat")

    with program.api.test_client() as client:
        assert "WebSocket" in client.get("/").text
        with client.websocket_connect("/chat") as ada, client.websocket_connect("/chat") as eve:
            ada.send_text("ping")
            assert (ada.receive_text(), eve.receive_text()) == ("ping", "ping")

    assert program.clients == set()


def test_every_program_has_its_test():
    here = Path(__file__).parent
    tests = "".join(path.read_text(encoding="utf-8") for path in here.glob("test_*.py"))

    assert [each.stem for each in PROGRAMS.glob("*.py") if f'("{each.stem}"' not in tests] == []
