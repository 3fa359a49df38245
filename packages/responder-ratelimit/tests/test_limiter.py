"""The limiter: as older programs use it, and what programs ask of it themselves."""

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from responder_core import API, abort
from responder_core.extension import Extension, NoOptions
from responder_ratelimit import (
    Ban,
    Concurrency,
    Limit,
    LimitError,
    MemoryStore,
    RateLimiter,
    RateLimits,
    Rule,
    by_header,
)
from responder_ratelimit.rules import read_rules


@pytest.fixture
def limiter_factory(clock):
    def make(*args, **options):
        options.setdefault("backend", MemoryStore(clock=clock))
        return RateLimiter(*args, **options)

    return make


def statuses(client, *paths, **options):
    return [client.get(path, **options).status_code for path in paths]


class TestOlderPrograms:
    def test_numbers_and_install(self, limiter_factory, client_factory):
        api = API()
        limiter = limiter_factory(requests=2, period=60)
        limiter.install(api)
        api.get("/")(lambda req, resp: "tea")

        assert (limiter.max_requests, limiter.period) == (2, 60)
        assert statuses(client_factory(api), "/", "/", "/") == [200, 200, 429]

    def test_the_defaults_are_100_in_60_seconds(self):
        limiter = RateLimiter()

        assert (limiter.max_requests, limiter.period) == (100, 60)
        assert RateLimiter(5, 10).rules[0].limits == (Limit("5/10 seconds"),)

    def test_false_says_nothing_of_proxies_and_true_is_told_where_to_say_it(self):
        assert RateLimiter(5, 10, trust_proxy_headers=False).max_requests == 5
        with pytest.raises(TypeError, match=r"name whom you trust: API\(trusted_proxies="):
            RateLimiter(5, 10, trust_proxy_headers=True)

    def test_limits_and_numbers_at_once_are_refused(self):
        with pytest.raises(TypeError, match="give one of both"):
            RateLimiter("5/minute", period=60)

    @pytest.mark.parametrize("is_async", [True, False])
    def test_check_in_a_view(self, limiter_factory, client_factory, is_async):
        limiter = limiter_factory(requests=1, period=60)
        api = API()

        async def acheck(req, resp):
            if await limiter.acheck(req, resp):
                resp.text = "tea"

        def check(req, resp):
            if limiter.check(req, resp):
                resp.text = "tea"

        api.add_route("/", acheck if is_async else check)
        client = client_factory(api)
        first, second = client.get("/"), client.get("/")

        assert (first.text, first.headers["x-ratelimit-remaining"]) == ("tea", "0")
        assert (second.status_code, second.headers["retry-after"]) == (429, "60")

    def test_a_backend_that_counts_by_itself(self, client_factory):
        class Backend:
            def __init__(self):
                self.calls = []

            def hit(self, key, max_requests, period):
                self.calls.append((key, max_requests, period))
                return len(self.calls) < 2, 2 - len(self.calls), 7

        backend = Backend()
        api = API()
        RateLimiter(requests=5, period=60, backend=backend).install(api)
        api.get("/")(lambda req, resp: "tea")
        client = client_factory(api)
        first, second = client.get("/"), client.get("/")

        assert first.status_code == 200
        assert (second.status_code, second.headers["retry-after"]) == (429, "7")
        assert backend.calls[0][1:] == (5, 60)

    def test_an_async_backend(self, client_factory):
        class Backend:
            async def ahit(self, key, max_requests, period):
                return False, 0

        api = API()
        RateLimiter(requests=5, period=60, backend=Backend()).install(api)

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


class TestDecorator:
    def test_views_share_the_count_of_the_limiter(self, limiter_factory, client_factory):
        limiter = limiter_factory(requests=3, period=60)
        api = API()

        @api.get("/async/{name}")
        @limiter.limit
        async def show(req, resp, *, name):
            resp.text = name

        @api.get("/sync")
        @limiter.limit
        def show_sync(req, resp):
            return "sync"

        @api.route("/class")
        class Resource:
            @limiter.limit
            async def on_get(self, req, resp):
                resp.text = "class"

        api.get("/free")(lambda req, resp: "free")
        client = client_factory(api)

        answers = [client.get(path) for path in ("/async/a", "/sync", "/class", "/sync", "/free")]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200]
        assert [answer.text for answer in answers[:3]] == ["a", "sync", "class"]
        assert answers[2].headers["x-ratelimit-remaining"] == "0"

    def test_with_limits_a_view_has_a_count_of_its_own(self, limiter_factory, client_factory):
        limiter = limiter_factory(False)
        api = API()

        @api.get("/a")
        @limiter.limit("1/minute")
        async def a(req, resp): ...

        @api.get("/b")
        @limiter.limit("1/minute")
        def b(req, resp): ...

        assert statuses(client_factory(api), "/a", "/b", "/a", "/b") == [200, 200, 429, 429]

    def test_what_is_no_view_is_refused(self, limiter_factory):
        with pytest.raises(TypeError, match=r"is for views of \(req, resp\)"):
            limiter_factory().limit(lambda req: None)


class TestCosts:
    def test_a_request_counts_as_much_as_it_costs(self, api_factory, client_factory):
        async def cost_later(req):
            return int(req.params["n"])

        api = api_factory()
        for path, cost in (("/a", lambda req: int(req.params["n"])), ("/b", cost_later), ("/c", 2)):
            rule = Rule("5/minute", cost=cost)
            api.get(path, rate_limit=rule)(lambda req, resp: "tea")
        client = client_factory(api)

        for path in ("/a", "/b"):
            assert [client.get(path, params={"n": n}).status_code for n in (3, 3, 2)] == [
                *(200, 429, 200)
            ]
        assert statuses(client, "/c", "/c", "/c") == [200, 200, 429]

    def test_what_is_never_admitted_has_no_time_to_come_back(self, api_factory, client_factory):
        api = api_factory()
        api.get("/", rate_limit=Rule("2/minute", cost=3))(lambda req, resp: "tea")
        answer = client_factory(api).get("/")

        assert answer.status_code == 429
        assert "retry-after" not in answer.headers

    def test_more_is_charged_when_it_is_answered(self, api_factory, client_factory):
        api = api_factory()
        rule = Rule("10/minute", charge=lambda req, resp: len(resp.text))
        api.get("/", rate_limit=rule)(lambda req, resp: "sixsix")
        client = client_factory(api)

        assert statuses(client, "/", "/", "/") == [200, 200, 429]

    def test_only_what_counts_stays_counted(self, api_factory, client_factory):
        """Failed logins, of which there may be two."""
        api = api_factory()
        rule = Rule("2/minute", when=lambda req, resp: resp.status_code == 401)

        @api.post("/login", rate_limit=rule)
        def log_in(req, resp, *, password: str):
            resp.status_code = 200 if password == "right" else 401

        client = client_factory(api)

        def log_in_with(*passwords):
            return [
                client.post("/login", params={"password": each}).status_code for each in passwords
            ]

        assert log_in_with("right", "right", "wrong", "right", "wrong", "right") == [
            *(200, 200, 401, 200, 401, 429)
        ]

    def test_what_does_not_count_leaves_what_came_meanwhile(
        self, api_factory, client_factory, clock
    ):
        """A login that is slow and right, and a wrong one in the middle of it."""
        api = api_factory()
        rule = Rule("2/10 seconds; sliding-window", when=lambda req, resp: resp.status_code == 401)

        @api.post("/login", rate_limit=rule)
        def log_in(req, resp, *, password: str):
            if password == "slow":
                clock.advance(5)
                client_factory(api).post("/login", params={"password": "wrong"})
                clock.advance(1)
            resp.status_code = 401 if password == "wrong" else 200

        client = client_factory(api)
        client.post("/login", params={"password": "slow"})
        clock.advance(5)  # What came first would be over, what was wrong is not.
        answer = client.post("/login", params={"password": "right"})

        assert answer.headers["x-ratelimit-remaining"] == "0"

    def test_what_costs_nothing_is_not_counted(self, api_factory, client_factory):
        api = api_factory()
        rule = Rule("1/minute", cost=lambda req: int(req.params["n"]))
        api.get("/", rate_limit=rule)(lambda req, resp: "tea")
        client = client_factory(api)

        assert [client.get("/", params={"n": n}).status_code for n in (0, 1, 0, 1)] == [
            *(200, 200, 200, 429)
        ]


class TestPolicies:
    def test_places_have_nothing_to_peek_at(self, limiter_factory, run):
        from responder_ratelimit import Concurrency

        limiter = limiter_factory("3/minute", policies={"two": Concurrency(2)})

        assert run(limiter.peek, "me", "two") == []


class TestMessages:
    def test_one_too_many_closes_the_socket(self, api_factory, client_factory):
        api = api_factory()
        (extension,) = api.extensions

        @api.websocket_route("/ws")
        async def echo(ws):
            await ws.accept()
            while True:
                text = await ws.receive_text()
                await extension.limiter.count_message(ws, "2/minute")
                await ws.send_text(text)

        with client_factory(api).websocket_connect("/ws") as ws:
            for text in "ab":
                ws.send_text(text)
                assert ws.receive_text() == text
            ws.send_text("c")
            with pytest.raises(WebSocketDisconnect) as closed:
                ws.receive_text()

        assert closed.value.code == 1008

    @pytest.mark.parametrize(
        "limits",
        [
            pytest.param("2/minute", id="text"),
            pytest.param(Limit("2/minute"), id="limit"),
            pytest.param(["2/minute", Rule("9/hour")], id="several"),
        ],
    )
    def test_their_limits_are_read_once(self, api_factory, client_factory, monkeypatch, limits):
        api = api_factory()
        (extension,) = api.extensions
        read = []

        def read_counting(*args):
            read.append(args)
            return read_rules(*args)

        monkeypatch.setattr("responder_ratelimit.limiter.read_rules", read_counting)

        @api.websocket_route("/{name}")
        async def count(ws, *, name):
            await ws.accept()
            for _ in range(2):
                await extension.limiter.count_message(ws, limits)
            await ws.send_text("counted")

        for address in ("192.0.2.1", "192.0.2.2"):
            with client_factory(api, address).websocket_connect("/ws") as ws:
                assert ws.receive_text() == "counted"

        assert len(read) == 1

    def test_each_route_counts_its_own(self, api_factory, client_factory):
        api = api_factory()
        (extension,) = api.extensions

        async def count(ws):
            await ws.accept()
            await extension.limiter.count_message(ws, "1/minute")
            await ws.send_text("counted")

        for path in ("/a", "/b"):
            api.websocket_route(path)(count)
        client = client_factory(api)

        for path in ("/a", "/b"):
            with client.websocket_connect(path) as ws:
                assert ws.receive_text() == "counted"
        with client.websocket_connect("/a") as ws, pytest.raises(WebSocketDisconnect) as closed:
            ws.receive_text()
        assert closed.value.code == 1008

    def test_a_plan_is_asked_each_time(self, api_factory, client_factory):
        api = api_factory()
        (extension,) = api.extensions
        plans = iter(["1/minute", "5/minute", "1/minute"])

        @api.websocket_route("/ws")
        async def count(ws):
            await ws.accept()
            for _ in range(3):
                await extension.limiter.count_message(ws, lambda _ws: next(plans))
                await ws.send_text("counted")

        with client_factory(api).websocket_connect("/ws") as ws:
            assert [ws.receive_text() for _ in range(2)] == ["counted"] * 2
            with pytest.raises(WebSocketDisconnect) as closed:
                ws.receive_text()
        assert closed.value.code == 1008


def test_a_socket_makes_nothing_that_its_route_has_made(api_factory, client_factory, monkeypatch):
    api = api_factory("9/minute")

    @api.websocket_route("/ws", rate_limit=["2/minute", Rule("1/minute", when=lambda *_: True)])
    async def greet(ws):
        await ws.accept()
        await ws.send_text("hello")

    client = client_factory(api)
    monkeypatch.setattr("responder_ratelimit.limiter.Check", None)
    monkeypatch.setattr("responder_ratelimit.checks.copy", None)

    for _ in range(2):
        with client.websocket_connect("/ws") as ws:
            assert ws.receive_text() == "hello"
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/ws"):
        raise AssertionError
    assert refused.value.status_code == 429


class TestStraySockets:
    """WebSockets that no route wants count by the limits of the app, as requests do."""

    @pytest.mark.parametrize("path", ["/in/x", "/nowhere"])
    def test_they_are_counted_and_refused(self, api_factory, client_factory, path):
        api = api_factory("2/minute")

        async def below(scope, receive, send):
            await receive()
            await send({"type": "websocket.close", "code": 4000, "reason": ""})

        api.mount("/in", below)
        api.get("/")(lambda req, resp: "tea")
        client = client_factory(api)

        for _ in range(2):
            with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
                raise AssertionError
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            client.websocket_connect(path),
        ):
            raise AssertionError

        assert refused.value.status_code == 429
        assert "retry-after" in refused.value.headers
        assert client.get("/").status_code == 429

    def test_places_are_held_while_the_socket_is_open(self, api_factory, client_factory):
        api = api_factory(Concurrency(1))

        async def below(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            await receive()

        api.mount("/in", below)
        client = client_factory(api)

        for _ in range(2):
            with client.websocket_connect("/in/x"):
                with (
                    pytest.raises(WebSocketDenialResponse) as refused,
                    client.websocket_connect("/in/x"),
                ):
                    raise AssertionError
                assert refused.value.status_code == 429


class TestShadow:
    def test_what_would_be_refused_is_reported(self, api_factory, client_factory):
        told = []
        api = api_factory(
            "2/minute", shadow=True, observe=lambda what, rule, req: told.append((what, str(rule)))
        )
        api.get("/")(lambda req, resp: "tea")

        assert statuses(client_factory(api), "/", "/", "/") == [200, 200, 200]
        assert told.count(("shadow", "2/minute")) == 1

    def test_what_was_not_counted_is_not_given_back(self, api_factory, client_factory):
        told = []
        api = api_factory(observe=lambda what, rule, req: told.append(what))
        rule = Rule("1/minute", shadow=True, when=lambda req, resp: "wrong" in req.params)
        api.get("/", rate_limit=rule)(lambda req, resp: "tea")

        statuses(client_factory(api), "/?wrong", "/", "/?wrong")

        assert told == ["shadow", "shadow"]

    def test_one_rule_may_be_in_it(self, api_factory, client_factory):
        told = []
        api = api_factory(observe=lambda what, rule, req: told.append((what, str(rule))))
        rules = [Rule("1/minute", shadow=True), "2/minute"]
        api.get("/", rate_limit=rules)(lambda req, resp: "tea")

        assert statuses(client_factory(api), "/", "/", "/") == [200, 200, 429]
        assert told == [
            ("allowed", "2/minute"),
            ("shadow", "1/minute (shadow)"),
            ("allowed", "2/minute"),
            ("shadow", "1/minute (shadow)"),
            ("limited", "2/minute"),
        ]


class TestAsking:
    def test_peek_reset_and_charge(self, limiter_factory, client_factory, run):
        limiter = limiter_factory("3/minute", policies={"login": "1/minute"})
        api = API(extensions=[RateLimits(limiter)])
        api.get("/", rate_limit="login")(lambda req, resp: "tea")
        client = client_factory(api)
        client.get("/")

        (verdict,) = run(limiter.peek, "192.0.2.1")
        (login,) = run(limiter.peek, "192.0.2.1", "login")
        assert (verdict.remaining, login.allowed, login.retry_after) == (2, False, 60)
        assert statuses(client, "/") == [429]

        run(limiter.reset, "192.0.2.1", "login")
        assert statuses(client, "/") == [200]

        run(limiter.charge, "192.0.2.1", 5)
        run(limiter.reset, "192.0.2.1", "login")
        assert statuses(client, "/") == [429]

    def test_by_names(self, limiter_factory, client_factory, run):
        limiter = limiter_factory("1/minute", key=by_header("X-Key"))
        api = API(extensions=[RateLimits(limiter)])
        api.get("/")(lambda req, resp: "tea")
        client = client_factory(api)
        statuses(client, "/", headers={"X-Key": "ada"})

        assert run(limiter.peek, "ada")[0].remaining == 0
        assert run(limiter.peek, "eve")[0].remaining == 1

    def test_what_there_is_not_is_refused(self, limiter_factory, run):
        limiter = limiter_factory(lambda req: "5/minute")

        with pytest.raises(LookupError, match="there is no policy 'x'; there are"):
            run(limiter.peek, "ada", "x")
        with pytest.raises(LookupError, match="depend on the request"):
            run(limiter.peek, "ada")


def test_limits_of_a_function_are_those_of_the_request(api_factory, client_factory):
    async def plan(req):
        return {"gold": "2/minute", "free": "1/minute"}.get(req.headers.get("x-plan"))

    api = api_factory(plan)
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)

    def ask(plan):
        return statuses(client, "/", "/", "/", headers={"X-Plan": plan})

    assert ask("gold") == [200, 200, 429]
    assert ask("free") == [200, 429, 429]
    assert ask("none") == [200, 200, 200]


def test_later_tiers_know_the_session(clock, client_factory):
    """Wrappers of the tiers before stand around, and have done their part."""
    api = API(
        extensions=[
            RateLimits(
                "1/minute",
                tier="user",
                key=lambda req: req.state.user,
                backend=MemoryStore(clock=clock),
            )
        ]
    )

    def wrap(route, exchange):
        async def with_user(req, resp):
            req.state.user = req.params["user"]
            await exchange(req, resp)

        return with_user

    api.around("session", wrap)
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)

    assert [client.get("/", params={"user": each}).status_code for each in "aab"] == [200, 429, 200]


class TestAnswered:
    """What waits for the answer holds wherever requests are counted."""

    @pytest.fixture
    def failed(self):
        return Rule("2/minute", when=lambda req, resp: resp.status_code == 401)

    def test_at_mounts(self, api_factory, client_factory, failed):
        api = api_factory(failed)

        async def below(scope, receive, send):
            status = 401 if scope["path"].endswith("no") else 200
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        api.mount("/old", below)
        client = client_factory(api)

        assert statuses(client, *["/old/yes"] * 4) == [200] * 4
        assert statuses(client, *["/old/no"] * 3) == [401, 401, 429]

    def test_in_views_that_ask(self, limiter_factory, client_factory, failed):
        limiter, api = limiter_factory(failed), API()

        @api.get("/{status:int}")
        async def view(req, resp, *, status):
            if await limiter.acheck(req, resp):
                resp.status_code = status

        client = client_factory(api)

        assert statuses(client, *["/200"] * 4) == [200] * 4
        assert statuses(client, *["/401"] * 3) == [401, 401, 429]

    def test_around_views_that_raise(self, limiter_factory, client_factory, failed):
        limiter, api = limiter_factory(False), API()

        @api.get("/{status:int}")
        @limiter.limit(failed)
        async def view(req, resp, *, status):
            abort(status)

        client = client_factory(api)

        assert statuses(client, *["/404"] * 4) == [404] * 4
        assert statuses(client, *["/401"] * 3) == [401, 401, 429]

    @pytest.mark.parametrize("kind", [int, float])
    def test_by_async_functions(self, api_factory, client_factory, kind):
        async def when(req, resp):
            return kind is int

        async def charge(req, resp):
            return 2

        api = api_factory()
        api.get("/when", rate_limit=Rule("1/minute", when=when))(lambda req, resp: "tea")
        api.get("/charge", rate_limit=Rule("3/minute", charge=charge))(lambda req, resp: "tea")
        client = client_factory(api)

        assert statuses(client, "/when", "/when") == [200, 429 if kind is int else 200]
        assert statuses(client, "/charge", "/charge") == [200, 429]

    def test_sockets_are_not_counted_by_what_asks_for_an_answer(
        self, api_factory, client_factory, failed
    ):
        api = api_factory(failed)

        @api.websocket_route("/ws")
        async def socket(ws):
            await ws.accept()
            await ws.send_text("tea")

        client = client_factory(api)
        for _ in range(4):
            with client.websocket_connect("/ws") as ws:
                assert ws.receive_text() == "tea"


class TestFunctionsThatFail:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            pytest.param({"cost": lambda req: 1 / 0}, [200, 200, 429], id="cost"),
            pytest.param({"cost": lambda req: 1.5}, [200, 200, 429], id="no-number"),
            pytest.param({"cost": lambda req: -5}, [200, 200, 429], id="below-nothing"),
            pytest.param({"when": lambda req, resp: 1 / 0}, [200, 200, 429], id="when"),
            pytest.param({"charge": lambda req, resp: 1 / 0}, [200, 200, 429], id="charge"),
        ],
    )
    def test_they_fail_no_request_and_it_counts(
        self, api_factory, client_factory, caplog, options, expected
    ):
        api = api_factory()
        api.get("/", rate_limit=Rule("2/minute", **options))(lambda req, resp: "tea")

        assert statuses(client_factory(api), "/", "/", "/") == expected
        assert caplog.records

    def test_so_does_what_observes(self, api_factory, client_factory, caplog):
        api = api_factory("1/minute", observe=lambda *told: 1 / 0)
        api.get("/")(lambda req, resp: "tea")

        assert statuses(client_factory(api), "/", "/") == [200, 429]
        assert "observe= of rate limits failed" in caplog.text


def test_only_what_refuses_is_told_to_have_limited(api_factory, client_factory):
    told = []
    api = api_factory("9/minute", observe=lambda what, rule, req: told.append((what, str(rule))))
    api.get("/", rate_limit="1/minute")(lambda req, resp: "tea")
    statuses(client_factory(api), "/", "/")

    assert told[2:] == [("limited", "1/minute")]


@pytest.mark.parametrize("headers", ["draft", "x", "both", None])
@pytest.mark.parametrize(
    "limit",
    ["3/minute", "9/minute; 2/second", Limit(requests=2**40, period=86_400)],
    ids=["one", "two", "large"],
)
def test_the_short_way_answers_as_the_long_one(api_factory, client_factory, clock, headers, limit):
    """Limits of the app and of the route at once; who observes them has them go the long way."""

    def make(**options):
        api = api_factory("4/minute; cost 2", headers=headers, **options)

        @api.get("/tea", rate_limit=limit)
        async def tea(req, resp):
            resp.text = "tea"

        @api.get("/cups", rate_limit=limit)
        async def cups(req, resp):
            resp.headers["X-Cups"] = "3"

        return client_factory(api)

    def ask(client, path):
        answer = client.get(path)
        return answer.status_code, list(answer.headers.items())

    quick, observed = make(), make(observe=lambda *_: None)

    for path in ["/tea", "/cups", "/tea", "/tea", "/cups", "/cups"]:
        found = ask(quick, path)
        expected = ask(observed, path)
        assert found[0] == expected[0]
        assert [each for each in found[1] if each[0] != "content-length"] == [
            each for each in expected[1] if each[0] != "content-length"
        ]
        clock.advance(10)


def test_who_may_come_again_just_now_is_counted_once(client_factory):
    """The short way refuses it, and a moment later the long one does not."""
    times = iter([100.0, 100.9, 101.0])
    backend = MemoryStore(clock=lambda: next(times))
    api = API(extensions=[RateLimits("9/minute", backend=backend)])
    api.get("/", rate_limit="1/second")(lambda req, resp: "tea")
    client = client_factory(api)

    assert statuses(client, "/") == [200]
    answer = client.get("/")

    assert answer.status_code == 200
    assert answer.headers["RateLimit"] == '"9/minute";r=7;t=13, "1/second";r=0;t=1'


def test_the_routes_of_one_limit_have_one_counter(limiter_factory, client_factory, clock):
    """What is kept for it does not grow with the routes, nor with the times an app is built."""
    made = []

    class Noting(MemoryStore):
        def counter(self, limit, *args):
            made.append(str(limit))
            return super().counter(limit, *args)

    limiter = limiter_factory("9/minute", backend=Noting(clock=clock))
    api = API(extensions=[RateLimits(limiter)])
    for each in range(5):
        api.get(f"/{each}", name=str(each))(lambda req, resp: "tea")
    client = client_factory(api)
    assert statuses(client, "/0", "/1", "/nothing") == [200, 200, 404]
    api.get("/more", name="more")(lambda req, resp: "tea")

    assert statuses(client, "/more") == [200]
    assert client.get("/4").headers["X-RateLimit-Remaining"] == "4"
    assert made == ["9/minute"]


def test_rules_that_are_alike_are_counted_apart(api_factory, client_factory):
    """Without the field, both are by the address."""
    api = api_factory()
    alike = "4/minute; sliding-window"
    api.get("/", rate_limit=[alike, Rule(alike, key=by_header("X-Key"))])(lambda req, resp: "tea")

    assert statuses(client_factory(api), *["/"] * 5) == [200] * 4 + [429]


def test_an_ipv6_address_is_found_by_any_of_its_network(limiter_factory, client_factory, run):
    limiter = limiter_factory(Rule("1/minute", ban=Ban(after=1, seconds=600)))
    api = API(extensions=[RateLimits(limiter)])
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api, "2001:db8::1")
    statuses(client, "/", "/")

    assert run(limiter.peek, "2001:db8::7")[0].remaining == 0
    run(limiter.reset, "2001:db8::8")
    assert statuses(client, "/") == [200]


def test_a_decorated_view_tells_of_all_limits(limiter_factory, client_factory):
    limiter = limiter_factory("100/minute")
    api = API(extensions=[RateLimits(limiter)])

    @api.get("/")
    @limiter.limit("2/minute")
    async def view(req, resp): ...

    client = client_factory(api)
    answers = [client.get("/") for _ in range(3)]

    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert '"100/minute";r=97' in answers[2].headers["ratelimit"]
    assert '"2/minute";r=0' in answers[2].headers["ratelimit"]


def test_a_mounted_app_that_limits_tells_of_its_own(api_factory, client_factory):
    inner, outer = api_factory("2/minute"), api_factory("9/minute")
    inner.get("/")(lambda req, resp: "tea")
    outer.mount("/in", inner)
    answer = client_factory(outer).get("/in/")

    assert answer.headers.get_list("x-ratelimit-limit") == ["2"]


def test_a_view_on_the_event_loop_cannot_be_decorated(limiter_factory, caplog):
    api = API()
    view = limiter_factory("5/minute").limit(lambda req, resp: "tea")
    api.add_route("/", view, sync_to_thread=False)

    assert api.test_client(raise_server_exceptions=False).get("/").status_code == 500
    assert "leave sync_to_thread=False out" in caplog.text


def test_messages_do_not_come_at_the_same_time(api_factory, client_factory):
    from responder_ratelimit import Concurrency

    api = api_factory()
    (extension,) = api.extensions
    told = []

    @api.websocket_route("/ws")
    async def socket(ws):
        await ws.accept()
        with pytest.raises(TypeError, match="one after the other") as refused:
            await extension.limiter.count_message(ws, Concurrency(1))
        told.append(refused)
        await ws.send_text("told")

    with client_factory(api).websocket_connect("/ws") as ws:
        assert ws.receive_text() == "told"
    assert told


def test_no_time_is_no_default():
    with pytest.raises(LimitError, match="not 0"):
        RateLimiter(5, 0)


def test_what_others_say_of_a_route_says_nothing_of_its_limits(client_factory, clock):
    class Owners(Extension[NoOptions]):
        def bind(self, route, options):
            route.facts.append("tea")

    limits = RateLimits("9/minute", backend=MemoryStore(clock=clock))
    api = API(extensions=[Owners(), limits])
    api.get("/", rate_limit="1/minute")(lambda req, resp: "tea")

    assert statuses(client_factory(api), "/", "/") == [200, 429]
