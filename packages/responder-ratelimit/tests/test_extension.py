"""The extension: which requests of an app are counted, together or apart, and what is answered."""

import pytest
from starlette.testclient import WebSocketDenialResponse

from responder_core import API, Problem, Router
from responder_core.deployment import Deployment
from responder_ratelimit import Limit, LimitError, RateLimiter, RateLimits, Rule


def view(req, resp, **given):
    resp.text = "tea"


def statuses(client, *paths, method="GET"):
    return [client.request(method, path).status_code for path in paths]


class TestTheApp:
    def test_its_limit_is_one_count_for_all_of_it(self, api_factory, client_factory):
        api = api_factory("3/minute")
        api.get("/a")(view)
        api.get("/b")(view)
        client = client_factory(api)

        assert statuses(client, "/a", "/b", "/a", "/b") == [200, 200, 200, 429]

    def test_what_is_not_there_counts_too(self, api_factory, client_factory):
        api = api_factory("3/minute")
        api.get("/a")(view)
        client = client_factory(api)

        assert statuses(client, "/x", "/y", "/z", "/a") == [404, 404, 404, 429]
        assert client.put("/a").status_code == 429

    def test_clients_are_counted_apart(self, api_factory, client_factory):
        api = api_factory("1/minute")
        api.get("/a")(view)

        first, second = client_factory(api), client_factory(api, "192.0.2.2")

        assert statuses(first, "/a", "/a") == [200, 429]
        assert statuses(second, "/a", "/a") == [200, 429]

    def test_time_brings_it_back(self, api_factory, client_factory, clock):
        api = api_factory("2/minute")
        api.get("/a")(view)
        client = client_factory(api)
        assert statuses(client, "/a", "/a", "/a") == [200, 200, 429]

        clock.advance(30)

        assert statuses(client, "/a", "/a") == [200, 429]

    def test_without_limits_nothing_is_counted_and_nothing_is_said(
        self, api_factory, client_factory
    ):
        api = api_factory()
        api.get("/a")(view)
        answer = client_factory(api).get("/a")

        assert not [name for name in answer.headers if "ratelimit" in name]

    def test_a_limiter_is_taken_as_it_is(self, client_factory):
        limiter = RateLimiter("1/minute")
        api = API(extensions=[RateLimits(limiter)])
        api.get("/a")(view)

        assert statuses(client_factory(api), "/a", "/a") == [200, 429]
        with pytest.raises(TypeError, match="takes no key beside it"):
            RateLimits(limiter, key=str)


class TestNoneAtFirst:
    def test_the_first_limit_makes_the_limiter(self, client_factory):
        extension = RateLimits()
        api = API(extensions=[extension])
        api.get("/a")(view)
        api.get("/b", rate_limit="1/minute")(view)
        api.get("/c", rate_limit=False)(view)
        client = client_factory(api)

        assert statuses(client, "/a", "/b", "/b", "/a", "/c") == [200, 200, 429, 200, 200]
        assert extension.limiter.rules == ()

    def test_so_does_who_asks_for_it_before_the_app_is_made(self, client_factory):
        extension = RateLimits()
        extension.limiter.policies["tea"] = Rule("1/minute", name="tea")
        api = API(extensions=[extension])
        api.get("/", rate_limit="tea")(view)

        assert statuses(client_factory(api), "/", "/") == [200, 429]

    def test_a_deployment_without_limits_has_nothing_to_know(self):
        extension = RateLimits()
        api = API(extensions=[extension])

        assert not [*extension.check(api, Deployment(workers=4, environment={}))]


class TestRoutes:
    def test_each_has_a_count_of_its_own(self, api_factory, client_factory):
        api = api_factory()
        api.get("/a", rate_limit="1/minute")(view)
        api.get("/b", rate_limit="1/minute")(view)
        api.post("/b", rate_limit="1/minute")(view)
        api.get("/c")(view)
        client = client_factory(api)

        assert statuses(client, "/a", "/b", "/a", "/b") == [200, 200, 429, 429]
        assert statuses(client, "/b", "/b", method="POST") == [200, 429]
        assert statuses(client, "/c", "/c") == [200, 200]

    def test_parameters_of_the_path_do_not_tell_counts_apart(self, api_factory, client_factory):
        api = api_factory()
        api.get("/teas/{name}", rate_limit="1/minute")(view)

        assert statuses(client_factory(api), "/teas/a", "/teas/b") == [200, 429]

    def test_the_app_counts_them_as_well_or_none_does(self, api_factory, client_factory):
        api = api_factory("3/minute")
        api.get("/a", rate_limit="1/minute")(view)
        api.get("/b")(view)
        client = client_factory(api)

        # What the route refuses is not counted by the app.
        assert statuses(client, "/a", "/a", "/a") == [200, 429, 429]
        assert statuses(client, "/b", "/b", "/b") == [200, 200, 429]

    def test_false_leaves_one_without_any(self, api_factory, client_factory):
        api = api_factory("1/minute")
        api.get("/health", rate_limit=False)(view)
        api.get("/a")(view)

        assert statuses(client_factory(api), "/health", "/health", "/a", "/a") == [
            200,
            200,
            200,
            429,
        ]

    @pytest.mark.parametrize(
        "given",
        [
            "2/minute; 100/hour",
            Limit("2/minute"),
            ["2/minute", Limit("100/hour")],
            Rule("2/minute"),
            [Rule("2/minute"), "100/hour"],
            lambda req: "2/minute",
        ],
        ids=["text", "limit", "several", "rule", "rules", "function"],
    )
    def test_limits_are_given_in_many_ways(self, api_factory, client_factory, given):
        api = api_factory()
        api.get("/a", rate_limit=given)(view)

        assert statuses(client_factory(api), "/a", "/a", "/a") == [200, 200, 429]

    def test_those_of_one_name_share_a_count(self, api_factory, client_factory):
        api = api_factory(policies={"search": "2/minute"})
        api.get("/a", rate_limit="search")(view)
        api.get("/b", rate_limit="search")(view)
        shared = Rule("1/minute", name="both")
        api.get("/c", rate_limit=shared)(view)
        api.get("/d", rate_limit=shared)(view)
        client = client_factory(api)

        assert statuses(client, "/a", "/b", "/a") == [200, 200, 429]
        assert statuses(client, "/c", "/d") == [200, 429]

    def test_routers_give_theirs_to_their_routes(self, api_factory, client_factory):
        api = api_factory()
        router = Router("/r", rate_limit="1/minute")
        router.get("/a")(view)
        router.get("/b", rate_limit=False)(view)
        api.include_router(router)

        assert statuses(client_factory(api), "/r/a", "/r/a", "/r/b", "/r/b") == [200, 429, 200, 200]

    @pytest.mark.parametrize(
        ("given", "error", "message"),
        [
            ("5/parsec", LimitError, "'parsec' in '5/parsec' is no unit"),
            ("serch", LimitError, r"'serch' is no limit; .* there are \['search'\]"),
            (5, TypeError, "rate_limit= takes limits, .* not 5"),
            ([None], TypeError, "not None"),
        ],
    )
    def test_what_is_none_is_refused_when_it_is_given(self, api_factory, given, error, message):
        api = api_factory(policies={"search": "5/minute"})

        with pytest.raises(error, match=message):
            api.get("/a", rate_limit=given)(view)

        assert api.routes == ()


class TestAnswers:
    def test_a_429_says_what_is_violated_and_when_to_come_back(self, api_factory, client_factory):
        api = api_factory("1/minute; 5/hour")
        api.get("/a")(view)
        client = client_factory(api)
        client.get("/a")
        answer = client.get("/a")

        assert answer.status_code == 429
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "60"
        document = answer.json()
        assert document["type"].endswith("#quota-exceeded")
        assert document["violated-policies"] == ["1/minute"]
        assert document["detail"] == "The limit of 1/minute is reached."

    def test_every_limited_answer_tells_how_it_stands(self, api_factory, client_factory):
        api = api_factory("3/minute")
        api.get("/a")(view)

        @api.get("/fails")
        async def fails(req, resp):
            raise Problem(409, headers={"X-Tea": "no"})

        client = client_factory(api)
        answers = [client.get(path) for path in ("/a", "/fails", "/nowhere", "/a")]

        assert [answer.status_code for answer in answers] == [200, 409, 404, 429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == [
            *("2", "1", "0", "0")
        ]
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"3/minute";q=3;w=60'}
        assert answers[1].headers["x-tea"] == "no"

    @pytest.mark.parametrize(
        ("style", "names"),
        [
            ("draft", {"ratelimit", "ratelimit-policy"}),
            ("x", {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}),
            (None, set()),
        ],
    )
    def test_which_fields_are_sent_can_be_chosen(self, api_factory, client_factory, style, names):
        api = api_factory("1/minute", headers=style)
        api.get("/a")(view)
        client = client_factory(api)

        for status in (200, 429):
            answer = client.get("/a")
            assert answer.status_code == status
            assert {name for name in answer.headers if "ratelimit" in name} == names

    def test_a_program_may_answer_it_otherwise(self, api_factory, client_factory):
        api = api_factory("1/minute")
        api.get("/a")(view)

        @api.exception_handler(429)
        def slow_down(req, resp, exc):
            resp.text = "slow down"

        client = client_factory(api)
        client.get("/a")
        answer = client.get("/a")

        assert (answer.status_code, answer.text) == (429, "slow down")
        assert answer.headers["retry-after"] == "60"

    def test_jitter_is_added_to_when_to_come_back(self, api_factory, client_factory):
        api = api_factory("1/minute", jitter=30)
        api.get("/a")(view)
        client = client_factory(api)
        client.get("/a")

        waits = {int(client.get("/a").headers["retry-after"]) for _ in range(40)}

        assert len(waits) > 1
        assert 60 <= min(waits) <= max(waits) <= 90


class TestMounts:
    @pytest.fixture
    def app(self):
        async def below(scope, receive, send):
            fields = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            await send({"type": "http.response.body", "body": b"below"})

        return below

    def test_they_are_counted_by_the_app(self, api_factory, client_factory, app):
        api = api_factory("3/minute")
        api.mount("/old", app)
        api.get("/a")(view)
        client = client_factory(api)
        answers = [client.get(path) for path in ("/old/x", "/a", "/old", "/old", "/a")]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[0].text == "below"
        assert answers[2].headers["x-ratelimit-remaining"] == "0"
        assert answers[3].json()["violated-policies"] == ["3/minute"]
        assert answers[3].headers["retry-after"] == "20"

    def test_without_limits_they_are_left_alone(self, api_factory, client_factory, app):
        api = api_factory()
        api.mount("/old", app)

        assert "ratelimit" not in client_factory(api).get("/old").headers


class TestWebSockets:
    def test_connections_are_counted(self, api_factory, client_factory):
        api = api_factory()

        @api.websocket_route("/ws", rate_limit="1/minute")
        async def socket(ws):
            await ws.accept()
            await ws.send_text("tea")

        client = client_factory(api)
        with client.websocket_connect("/ws") as ws:
            assert ws.receive_text() == "tea"

        with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/ws"):
            pass
        assert refused.value.status_code == 429
        assert "retry-after" in refused.value.headers

    def test_false_leaves_one_without_any(self, api_factory, client_factory):
        api = api_factory("1/minute")

        @api.websocket_route("/ws", rate_limit=False)
        async def socket(ws):
            await ws.accept()
            await ws.send_text("tea")

        client = client_factory(api)
        for _ in range(3):
            with client.websocket_connect("/ws") as ws:
                assert ws.receive_text() == "tea"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"headers": "all"}, "headers= is one of draft, x, both, or None, not 'all'"),
        ({"on_error": "panic"}, "on_error= is 'deny', 'allow' or 'local', not 'panic'"),
        ({"backend": "postgresql://x"}, "no store of rate limits 'postgresql'"),
        ({"backend": "sqlite", "store_timeout": 0}, "store_timeout= takes seconds above 0"),
        ({"policies": {"a": ["1/m", Rule("2/h")]}}, "the policy 'a' is several rules"),
    ],
)
def test_settings_that_cannot_work_are_refused(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        RateLimits("5/minute", **options)
