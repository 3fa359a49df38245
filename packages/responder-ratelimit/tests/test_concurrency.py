"""Concurrency: so many requests at once, the others in turn, and nothing left behind."""

import asyncio

import anyio
import anyio.lowlevel
import pytest
from starlette.testclient import WebSocketDenialResponse

from responder_core import API
from responder_ratelimit import Concurrency, LimitError, RateLimiter, by_header
from responder_ratelimit.concurrency import Turnstile


@pytest.fixture
def run_on(backend):
    """Run a coroutine function on the event loop that is asked for."""
    return lambda function: anyio.run(function, backend=backend)


class TestTurnstile:
    def test_those_beyond_the_queue_are_refused_and_the_others_come_in_turn(self, run_on):
        turnstile, places = Turnstile(), Concurrency(2, queue=2)
        found = []

        async def enter(name):
            found.append((name, await turnstile.enter("me", places)))

        async def main():
            async with anyio.create_task_group() as group:
                for name in "abcde":
                    group.start_soon(enter, name)
                    await anyio.wait_all_tasks_blocked()
                assert found == [("a", True), ("b", True), ("e", False)]
                turnstile.leave("me")
                await anyio.wait_all_tasks_blocked()
                assert found[3:] == [("c", True)]
                turnstile.leave("me")
            assert found[4:] == [("d", True)]
            turnstile.leave("me")
            turnstile.leave("me")

        run_on(main)
        assert len(turnstile) == 0

    def test_clients_have_places_of_their_own(self, run_on):
        turnstile, places = Turnstile(), Concurrency(1)

        async def main():
            return [await turnstile.enter(who, places) for who in ("me", "you", "me")]

        assert run_on(main) == [True, True, False]

    def test_who_waits_too_long_is_refused_and_leaves_nothing(self, run_on):
        turnstile = Turnstile()

        async def main():
            await turnstile.enter("me", Concurrency(1))
            assert not await turnstile.enter("me", Concurrency(1, queue=1, wait=0.001))
            turnstile.leave("me")

        run_on(main)
        assert len(turnstile) == 0

    def test_who_gives_up_leaves_nothing(self, run_on):
        turnstile, places = Turnstile(), Concurrency(1, queue=3)

        async def main():
            await turnstile.enter("me", places)
            async with anyio.create_task_group() as group:
                group.start_soon(turnstile.enter, "me", places)
                group.start_soon(turnstile.enter, "me", places)
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            turnstile.leave("me")

        run_on(main)
        assert len(turnstile) == 0

    def test_a_place_that_comes_as_it_is_given_up_goes_to_the_next(self):
        turnstile, places = Turnstile(), Concurrency(1, queue=3)

        async def main():
            await turnstile.enter("me", places)
            first, second = (asyncio.create_task(turnstile.enter("me", places)) for _ in range(2))
            await anyio.wait_all_tasks_blocked()
            turnstile.leave("me")
            first.cancel()  # Whose turn it is by now.
            assert await second
            turnstile.leave("me")
            return first.cancelled()

        assert anyio.run(main)
        assert len(turnstile) == 0


class TestEventLoops:
    """An app may be served on several event loops, each in a thread of its own."""

    def test_no_more_than_there_are_places_and_nobody_is_forgotten(self, backend, run_threads):
        turnstile, places = Turnstile(), Concurrency(2, queue=100, wait=60)
        inside, most, done = [], [], []

        async def come():
            for _ in range(50):
                assert await turnstile.enter("me", places)
                inside.append(1)
                most.append(len(inside))
                await anyio.lowlevel.checkpoint()
                inside.pop()
                turnstile.leave("me")
                done.append(1)

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(come)

        run_threads(4, lambda _: anyio.run(main, backend=backend))

        assert (max(most), len(done), len(turnstile)) == (2, 800, 0)

    def test_a_place_goes_to_the_next_where_an_event_loop_has_ended(self, monkeypatch):
        turnstile, places = Turnstile(), Concurrency(1, queue=9)
        anyio.run(turnstile.enter, "me", places)
        ended = asyncio.new_event_loop()
        monkeypatch.setattr(ended, "call_soon_threadsafe", refuse)
        waiting = ended.create_task(turnstile.enter("me", places))
        ended.run_until_complete(asyncio.sleep(0))

        async def main():
            next_one = asyncio.create_task(turnstile.enter("me", places))
            await anyio.wait_all_tasks_blocked()
            turnstile.leave("me")
            return await next_one

        assert anyio.run(main)

        waiting.cancel()
        ended.run_until_complete(asyncio.wait([waiting]))
        ended.close()
        turnstile.leave("me")
        assert (waiting.cancelled(), len(turnstile)) == (True, 0)


def refuse(*_args):
    raise RuntimeError("Event loop is closed")


class TestRoutes:
    @pytest.fixture
    def gated(self, api_factory, backend):
        """An app whose view says that it is reached, and waits until it may go on."""

        def make(places, **options):
            api = api_factory(**options)
            api.state.reached = []
            api.state.gate = anyio.Event()

            @api.get("/{name}", rate_limit=places)
            async def view(req, resp, *, name):
                api.state.reached.append(name)
                await api.state.gate.wait()
                resp.text = name

            return api

        return make

    @staticmethod
    async def call(api, path):
        sent = []

        async def receive():
            await anyio.sleep_forever()

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"testserver")],
            "client": ("192.0.2.1", 1),
        }
        await api(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"])

    def test_the_third_waits_and_the_fourth_is_refused(self, gated, run_on):
        async def main():
            api = gated(Concurrency(2, queue=1))
            async with anyio.create_task_group() as group:
                for name in "abc":
                    group.start_soon(self.call, api, f"/{name}")
                    await anyio.wait_all_tasks_blocked()
                assert api.state.reached == ["a", "b"]
                refused = await self.call(api, "/d")
                api.state.gate.set()
            after = await self.call(api, "/e")
            return refused, api.state.reached, after

        (status, fields), reached, (after, _) = run_on(main)

        assert (status, fields[b"retry-after"]) == (429, b"1")
        assert reached == ["a", "b", "c", "e"]
        assert after == 200

    def test_a_place_is_left_when_the_view_fails_or_the_client_goes(self, api_factory, run_on):
        async def main():
            api = api_factory()

            @api.get("/fails", rate_limit=Concurrency(1))
            async def fails(req, resp):
                raise LookupError("no tea")

            @api.get("/hangs", rate_limit=Concurrency(1))
            async def hangs(req, resp):
                if "once" not in api.state:
                    api.state.once = True
                    await anyio.sleep_forever()

            found = [(await self.call(api, "/fails"))[0] for _ in range(3)]
            async with anyio.create_task_group() as group:
                group.start_soon(self.call, api, "/hangs")
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            return [*found, (await self.call(api, "/hangs"))[0]]

        assert run_on(main) == [500, 500, 500, 200]

    def test_places_of_one_name_are_shared_and_limits_hold_beside_them(
        self, api_factory, client_factory
    ):
        api = api_factory(policies={"two": Concurrency(2)})
        api.get("/a", rate_limit=["2/minute", "two"])(lambda req, resp: "tea")
        client = client_factory(api)

        assert [client.get("/a").status_code for _ in range(3)] == [200, 200, 429]
        assert str(api.routes[0].facts[0].rules[1]) == "2 at once (two)"

    def test_who_finds_one_place_taken_leaves_the_others(self, gated, run_on):
        async def main():
            api = gated([Concurrency(5, name="wide"), Concurrency(1, name="narrow")])
            async with anyio.create_task_group() as group:
                group.start_soon(self.call, api, "/a")
                await anyio.wait_all_tasks_blocked()
                refused = [(await self.call(api, "/b"))[0] for _ in range(9)]
                api.state.gate.set()
            return refused, (await self.call(api, "/c"))[0]

        assert run_on(main) == ([429] * 9, 200)

    def test_what_finds_no_place_is_not_counted(self, gated, run_on):
        async def main():
            api = gated(["3/minute", Concurrency(1)])
            async with anyio.create_task_group() as group:
                group.start_soon(self.call, api, "/a")
                await anyio.wait_all_tasks_blocked()
                refused = [await self.call(api, "/b") for _ in range(5)]
                api.state.gate.set()
            return refused, [(await self.call(api, "/c"))[0] for _ in range(3)]

        refused, after = run_on(main)

        assert [status for status, _ in refused] == [429] * 5
        assert refused[0][1][b"ratelimit-policy"] == b'"3/minute";q=3;w=60'
        assert after == [200, 200, 429]

    def test_places_that_are_alike_are_taken_apart(self, api_factory, client_factory):
        """Without the field, both are by the address."""
        api = api_factory()
        twice = [Concurrency(1, key=by_header("X-Key")), Concurrency(1)]
        api.get("/", rate_limit=twice)(lambda req, resp: "tea")

        assert client_factory(api).get("/").status_code == 200

    def test_a_decorated_view_is_held_to_its_places(self, backend, run_on):
        limiter, api = RateLimiter(False), API()
        gate = anyio.Event()

        @api.get("/")
        @limiter.limit(Concurrency(1))
        async def view(req, resp):
            await gate.wait()

        async def main():
            async with anyio.create_task_group() as group:
                group.start_soon(self.call, api, "/")
                await anyio.wait_all_tasks_blocked()
                refused = await self.call(api, "/")
                gate.set()
            return refused[0], (await self.call(api, "/"))[0]

        assert run_on(main) == (429, 200)

    def test_mounts_are_held_to_those_of_the_app(self, api_factory, run_on):
        async def main():
            api = api_factory(Concurrency(1))
            gate = anyio.Event()

            async def below(scope, receive, send):
                await gate.wait()
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

            api.mount("/old", below)
            async with anyio.create_task_group() as group:
                group.start_soon(self.call, api, "/old")
                await anyio.wait_all_tasks_blocked()
                refused = await self.call(api, "/old")
                gate.set()
            return refused[0], (await self.call(api, "/old"))[0]

        assert run_on(main) == (429, 200)

    def test_a_websocket_holds_its_place(self, api_factory, client_factory):
        api = api_factory()

        @api.websocket_route("/ws", rate_limit=Concurrency(1))
        async def socket(ws):
            await ws.accept()
            await ws.receive_text()

        client = client_factory(api)
        for _ in range(2):
            with client.websocket_connect("/ws") as first:
                with (
                    pytest.raises(WebSocketDenialResponse) as refused,
                    client.websocket_connect("/ws"),
                ):
                    pass
                assert refused.value.status_code == 429
                first.send_text("bye")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests": 0}, r"Concurrency\(requests=\) is 1 or more, not 0"),
        ({"requests": 1, "queue": -1}, r"Concurrency\(queue=\) is 0 or more, not -1"),
        ({"requests": 1, "wait": 0}, r"Concurrency\(wait=\) takes seconds above 0, not 0"),
    ],
)
def test_numbers_that_cannot_work_are_refused(options, message):
    with pytest.raises(LimitError, match=message):
        Concurrency(**options)


@pytest.mark.parametrize(
    ("places", "words"),
    [(Concurrency(2), "2 at once"), (Concurrency(2, queue=5), "2 at once, 5 more wait")],
)
def test_they_say_what_they_are(places, words):
    assert str(places) == words
