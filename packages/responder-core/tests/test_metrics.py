"""Metrics: what is counted, under which labels, and how it is told."""

import os
import re
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from responder_core import API, Depends, Problem
from responder_core.shared_tally import _forget_the_dead

prometheus_client = pytest.importorskip("prometheus_client", reason="needs the extra metrics")

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families as read_text  # noqa: E402

OPEN = "application/openmetrics-text"


@pytest.fixture
def api():
    api = API(metrics_route="/metrics", metrics_buckets=[0.5, 1])

    @api.get("/items/{id:int}")
    async def item(req, resp, *, id):
        resp.text = "x" * id

    @api.get("/fails")
    async def fails(req, resp):
        raise KeyError

    @api.route("/custom", methods=["BREW"])
    async def brew(req, resp):
        resp.text = "tea"

    @api.websocket_route("/ws/{room}")
    async def socket(ws, *, room):
        await ws.accept()
        await ws.send_text(read(api.metrics.render())["responder_websockets_open", ()])

    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


def read(text):
    """The samples of a text: name and labels → value, as text."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): str(int(sample.value))
        for family in read_text(text)
        for sample in family.samples
        if sample.name.startswith("responder_") and sample.value == sample.value
    }


def labels(**given):
    return tuple(sorted(given.items()))


def count(api, method, path, status):
    name = "responder_requests_total", labels(method=method, path=path, status=status)
    return read(api.metrics.render()).get(name)


class TestWhatIsCounted:
    @pytest.mark.parametrize(
        ("method", "path", "label", "status"),
        [
            pytest.param("GET", "/items/3", ("GET", "/items/{id:int}"), "200", id="route"),
            pytest.param("HEAD", "/items/3", ("HEAD", "/items/{id:int}"), "200", id="head"),
            pytest.param("GET", "/fails", ("GET", "/fails"), "500", id="failure"),
            pytest.param("GET", "/nothing", ("GET", "unmatched"), "404", id="miss"),
            pytest.param("POST", "/items/3", ("POST", "unmatched"), "405", id="method"),
            pytest.param("BREW", "/custom", ("BREW", "/custom"), "200", id="own-method"),
            pytest.param("BREW", "/nothing", ("OTHER", "unmatched"), "404", id="other-method"),
        ],
    )
    def test_each_answer_by_its_route(self, api, client, method, path, label, status):
        client.request(method, path)
        client.request(method, path)

        assert count(api, *label, status) == "2"

    def test_whatever_clients_send_there_are_as_many_as_routes(self, api, client):
        for number in range(200):
            client.request(f"METHOD{number}", f"/path/{number}")
            client.get(f"/items/{number}")

        found = [name for name, _ in read(api.metrics.render()) if name.endswith("requests_total")]
        assert len(found) == 2

    def test_how_long_it_took_and_how_much_was_sent(self, api, client):
        client.get("/items/3")
        client.get("/items/4")

        found = read(api.metrics.render())
        route = labels(method="GET", path="/items/{id:int}")
        assert found["responder_response_size_bytes_sum", route] == "7"
        assert found["responder_response_size_bytes_count", route] == "2"
        assert found["responder_request_duration_seconds_count", route] == "2"
        buckets = [
            dict(name)["le"]
            for metric, name in found
            if metric.endswith("_bucket") and dict(name)["path"] == "/items/{id:int}"
        ]
        assert buckets == ["0.5", "1.0", "+Inf"]

    def test_a_request_is_in_flight_until_its_last_byte(self, api, client):
        seen = []

        @api.get("/look")
        async def look(req, resp):
            found = read(api.metrics.render())
            seen.append(found["responder_requests_in_flight", ()])

        client.get("/look")
        assert seen == ["1"]
        assert read(api.metrics.render())["responder_requests_in_flight", ()] == "0"

    def test_sockets_are_open_until_they_close(self, api, client):
        with client.websocket_connect("/ws/tea") as socket:
            assert socket.receive_text() == "1"

        found = read(api.metrics.render())
        assert found["responder_websockets_open", ()] == "0"
        assert count(api, "GET", "/ws/{room}", "101") == "1"
        assert not [name for name, _ in found if "duration" in name]

    def test_threads_and_background_functions(self, api, client):
        seen = []

        @api.get("/sync")
        def sync(req, resp):
            found = read(api.metrics.render())
            seen.append(found["responder_threads_in_use", ()])

        async def work():
            seen.append(read(api.metrics.render())["responder_background_pending", ()])

        @api.get("/background")
        async def background(req, resp):
            await_me.append(api.background.run(work))

        await_me = []
        with client:
            client.get("/sync")
            client.get("/background")
        assert seen == ["1", "1"]

    def test_labels_are_escaped(self, api, client):
        @api.get('/a"b\\c')
        async def odd(req, resp):
            resp.text = "odd"

        client.get('/a"b\\c')
        assert count(api, "GET", '/a"b\\c', "200") == "1"


class TestMounts:
    def test_a_mounted_api_has_its_routes(self, api, client):
        inner = API(metrics_route="/metrics")

        @inner.get("/things/{name}")
        async def thing(req, resp, *, name):
            resp.text = name

        api.mount("/shop", inner)
        client.get("/shop/things/tea")

        assert count(api, "GET", "/shop/things/{name}", "200") == "1"

    def test_a_foreign_app_is_its_prefix(self, api, client):
        app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("in"))])
        api.mount("/in", app)
        client.get("/in/")
        client.request("BREW", "/in/")

        assert count(api, "GET", "/in", "200") == "1"
        assert count(api, "OTHER", "/in", "405") == "1"

    def test_one_that_is_mounted_on_what_counts_nothing_counts_itself(self, api, client_factory):
        outer = API(request_id=True)
        outer.mount("/in", api)
        client_factory(outer).get("/in/items/1")

        assert count(api, "GET", "/in/items/{id:int}", "200") == "1"
        assert read(api.metrics.render())["responder_requests_in_flight", ()] == "0"


class TestTelling:
    def test_as_text(self, client):
        client.get("/items/3")
        answer = client.get("/metrics")

        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert "# TYPE responder_requests_total counter" in answer.text
        assert [*read_text(answer.text)]

    def test_as_openmetrics_where_it_is_asked_for(self, client):
        client.get("/items/3")
        answer = client.get("/metrics", headers={"Accept": f"{OPEN};version=1.0.0,*/*;q=0.1"})

        assert answer.headers["content-type"].startswith(OPEN)
        assert answer.text.endswith("# EOF\n")
        families = {family.name: family for family in read_open(answer.text)}
        assert families["responder_requests"].type == "counter"
        assert families["responder_request_duration_seconds"].type == "histogram"

    def test_what_the_program_counts_itself_is_there(self, client):
        sold = prometheus_client.Counter("teas_sold", "Teas.")
        try:
            sold.inc(3)
            assert "teas_sold_total 3.0" in client.get("/metrics").text
        finally:
            prometheus_client.REGISTRY.unregister(sold)

    def test_guards_of_the_app_stand_before_it(self, client_factory):
        def refuse(req):
            raise Problem(401)

        closed = API(metrics_route="/metrics", dependencies=[Depends(refuse)])
        opened = API(metrics_route="/metrics", dependencies=[Depends(refuse)], public=["/metrics"])

        assert client_factory(closed).get("/metrics").status_code == 401
        assert client_factory(opened).get("/metrics").status_code == 200


class TestBadInput:
    @pytest.mark.parametrize("buckets", [[], [1, 1], [2, 1], [0, 1], [-1], [1, float("inf")]])
    def test_buckets_that_do_not_ascend(self, buckets):
        with pytest.raises(ValueError, match=re.escape(f"not {tuple(buckets)!r}")):
            API(metrics_route="/metrics", metrics_buckets=buckets)

    def test_a_route_without_a_slash(self):
        with pytest.raises(ValueError, match="metrics_route= begins with a slash"):
            API(metrics_route="metrics")

    def test_the_library_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        with pytest.raises(ModuleNotFoundError, match=r"'responder-core\[metrics\]'"):
            API(metrics_route="/metrics")


def test_processes_add_up(tmp_path):
    """In multiprocess mode: each has files of its own, which whoever is asked reads."""
    program = """
        from responder_core import API
        api = API(metrics_route="/metrics")

        @api.get("/tea/{name}")
        async def tea(req, resp, *, name):
            resp.text = name

        @api.get("/inside")
        async def inside(req, resp):
            resp.text = api.metrics.render()

        @api.websocket_route("/talk")
        async def talk(ws):
            await ws.accept()

        with api.test_client().websocket_connect("/talk"):
            pass
        api.requests.get("/tea/green")
        with_sockets = api.requests.get("/inside").text
        print(api.requests.get("/metrics").text)
        print("inside", with_sockets)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run(command, env=env, check=True, capture_output=True)
    result = subprocess.run(command, env=env, check=True, capture_output=True, text=True)

    told, _, inside = result.stdout.partition("inside ")
    found = read(told)
    tea = labels(method="GET", path="/tea/{name}")
    name = "responder_requests_total", labels(method="GET", path="/tea/{name}", status="200")
    assert found[name] == "2"
    assert found["responder_request_duration_seconds_count", tea] == "2"
    # A socket is no request that took so long.
    talk = labels(method="GET", path="/talk")
    assert found[name[0], labels(method="GET", path="/talk", status="101")] == "2"
    assert ("responder_request_duration_seconds_count", talk) not in found
    # What ended does not count as open.
    assert read(inside)["responder_requests_in_flight", ()] == "1"


def test_what_processes_that_are_gone_had_open_counts_no_more(tmp_path, monkeypatch):
    """Only their files, by their numbers; those of the living, and others, stay."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(60)
    names = [f"gauge_livesum_{number}.db" for number in (gone.pid, os.getpid(), "all")]
    for name in (*names, f"counter_{gone.pid}.db"):
        (tmp_path / name).touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    _forget_the_dead()

    left = {each.name for each in tmp_path.iterdir()}
    assert left == {*names[1:], f"counter_{gone.pid}.db"}


def test_what_a_thread_found_before_another_is_not_told_after_it(monkeypatch):
    """Other processes see what was told last."""
    collector = API(metrics_route="/metrics").metrics
    told, begun, go = [], threading.Event(), threading.Event()
    find = type(collector)._gauges

    def find_slowly(self):
        found = find(self)
        if not begun.is_set():
            begun.set()
            assert go.wait(30)
        return found

    monkeypatch.setattr(type(collector), "_gauges", find_slowly)
    monkeypatch.setattr(collector, "_is_shared", True)
    monkeypatch.setattr(collector, "_tally", SimpleNamespace(set=told.append))
    request = SimpleNamespace(is_socket=False)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(collector.begin, request)
        assert begun.wait(30)
        second = pool.submit(collector.begin, request)
        wait([second], timeout=0.2)
        go.set()

    assert [in_flight for in_flight, *_ in told] == [1, 2]
