"""Health: probes, what their checks tell, and what is kept from whom."""

import asyncio
import threading

import anyio
import pytest

from responder_core import API, Depends, Problem
from responder_core.health import HealthChecks


async def good(): ...


async def bad():
    return False


class TestProbes:
    def test_an_app_that_asks_for_none_has_none(self, client_factory):
        client = client_factory(API())

        assert [client.get(path).status_code for path in ("/livez", "/readyz")] == [404, 404]

    def test_a_check_brings_both(self, client_factory):
        api = API()
        api.add_health_check("tea", good)

        with client_factory(api) as client:
            answers = [client.get(path) for path in ("/livez", "/readyz")]

        assert [answer.json() for answer in answers] == [{"status": "ok"}] * 2
        assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 2

    def test_readiness_may_have_a_path_of_its_own(self, client_factory):
        client = client_factory(API(health_route="/health"))

        statuses = {path: client.get(path).status_code for path in ("/health", "/livez", "/readyz")}

        assert statuses == {"/health": 200, "/livez": 200, "/readyz": 404}

    @pytest.mark.parametrize("public", [[], ["readyz", "livez"]])
    def test_they_are_guarded_like_everything_unless_they_are_opened(self, client_factory, public):
        def refuse():
            raise Problem(401)

        api = API(health_route="/readyz", dependencies=[Depends(refuse)], public=public)
        client = client_factory(api)

        expected = 200 if public else 401
        assert [client.get(path).status_code for path in ("/livez", "/readyz")] == [expected] * 2

    @pytest.mark.parametrize("route", ["health", ""])
    def test_a_route_that_is_no_path_is_refused(self, route):
        with pytest.raises(ValueError, match="health_route= begins with a slash"):
            API(health_route=route)


class TestReadiness:
    @pytest.fixture
    def ask(self, client_factory):
        """What the probe answers, asked within the lifespan."""

        def send(api, path="/readyz"):
            with client_factory(api) as client:
                answer = client.get(path)
            return answer.status_code, answer.json()

        return send

    @pytest.mark.parametrize("sync", [True, False])
    @pytest.mark.parametrize("failure", [False, KeyError("secret")])
    def test_a_check_that_fails_makes_it_503(self, ask, caplog, sync, failure):
        def check():
            if isinstance(failure, Exception):
                raise failure
            return failure

        async def check_async():
            return check()

        api = API()
        api.add_health_check("good", good)
        api.add_health_check("bad", check if sync else check_async)

        assert ask(api) == (503, {"status": "error"})
        assert "health check 'bad' failed" in caplog.text
        assert ask(api, "/livez") == (200, {"status": "ok"})

    def test_details_are_for_who_asks(self, ask):
        api = API()
        api.add_health_check("good", good)
        api.add_health_check("bad", bad)

        status, document = ask(api, "/readyz?verbose")

        assert status == 503
        checks = document["checks"]
        assert {name: check["status"] for name, check in checks.items()} == {
            "good": "ok",
            "bad": "error",
        }
        assert all(check["duration_ms"] >= 0 for check in checks.values())

    @pytest.mark.parametrize("sync", [True, False])
    def test_a_check_that_hangs_has_timed_out(self, ask, caplog, sync):
        go = threading.Event()
        calls = []

        def hang():
            calls.append(1)
            assert go.wait(60)

        async def hang_async():
            await anyio.sleep_forever()

        api = API()
        api.add_health_check("hangs", hang if sync else hang_async, timeout=0.01)

        try:
            status, document = ask(api, "/readyz?verbose")
        finally:
            go.set()

        assert status == 503
        assert document["checks"]["hangs"]["status"] == "timeout"
        assert "health check 'hangs' was not done in 0.01 s" in caplog.text

    def test_it_is_503_while_the_app_starts_and_stops(self, client_factory):
        api = API(health_route="/readyz")
        found = []
        client = client_factory(api)

        async def probe():
            # As a server that listens already would have it asked.
            sent = []

            async def send(message):
                sent.append(message)

            scope = {
                "type": "http",
                "method": "GET",
                "path": "/readyz",
                "query_string": b"",
                "headers": [(b"host", b"example.org")],
                "http_version": "1.1",
            }
            await api(scope, None, send)
            found.append((sent[0]["status"], sent[1]["body"]))

        api.on_event("startup")(probe)
        api.on_event("shutdown")(probe)
        with client:
            assert client.get("/readyz").status_code == 200

        assert found == [(503, b'{"status":"starting"}'), (503, b'{"status":"stopping"}')]

    def test_it_is_503_while_the_app_drains(self, client_factory):
        api = API(health_route="/readyz")

        with client_factory(api) as client:
            client.portal.call(api.drain.start)
            assert client.get("/readyz").json() == {"status": "stopping"}


class TestChecks:
    def test_they_run_at_once(self, run):
        checks = HealthChecks(lambda: "running")
        met = []

        async def meet():
            met.append(1)
            while len(met) < 3:
                await anyio.wait_all_tasks_blocked()

        for name in "abc":
            checks.add(name, meet)

        assert [each.status for each in run(checks.results).values()] == ["ok"] * 3

    def test_what_came_of_them_is_kept_for_a_moment(self, run):
        moments = [0.0]
        calls = []
        checks = HealthChecks(lambda: "running", clock=lambda: moments[-1])

        async def check():
            calls.append(moments[-1])

        checks.add("tea", check)

        async def main():
            for moment in (0.0, 0.5, 0.9, 1.0, 1.5, 5.0):
                moments.append(moment)
                await checks.results()

        run(main)
        assert calls == [0.0, 1.0, 5.0]

    def test_many_who_ask_at_once_share_one_run(self, run):
        calls = []
        checks = HealthChecks(lambda: "running")

        async def check():
            calls.append(1)
            await anyio.wait_all_tasks_blocked()

        checks.add("tea", check)

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(checks.results)

        run(main)
        assert calls == [1]

    def test_who_asked_first_may_leave(self, run):
        checks = HealthChecks(lambda: "running")
        calls = []

        async def check():
            calls.append(1)
            if len(calls) == 1:
                await anyio.sleep_forever()

        checks.add("tea", check, timeout=60)
        found = []

        async def main():
            async def second():
                found.append(await checks.results())

            async with (
                anyio.create_task_group() as group,
                anyio.create_task_group() as first,
            ):
                first.start_soon(checks.results)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(second)
                await anyio.wait_all_tasks_blocked()
                first.cancel_scope.cancel()

        run(main)
        assert [each["tea"].status for each in found] == ["ok"]

    def test_a_check_that_was_cancelled_has_failed(self):
        checks = HealthChecks(lambda: "running")

        async def check():
            lost = asyncio.get_running_loop().create_future()
            lost.cancel()
            await lost

        checks.add("tea", check)

        async def main():
            return (await checks.results())["tea"].status

        assert asyncio.run(main()) == "error"

    def test_a_check_that_returns_a_coroutine_has_failed(self, run, caplog):
        checks = HealthChecks(lambda: "running")

        def check():
            return good()

        checks.add("tea", check)

        assert run(checks.results)["tea"].status == "error"
        assert "health check 'tea'" in caplog.text

    def test_a_thread_that_did_not_begin_is_tried_again(self, run):
        moments = [0.0]
        calls = []
        checks = HealthChecks(lambda: "running", clock=lambda: moments[-1])

        def check():
            calls.append(1)

        checks.add("tea", check, timeout=60)

        async def main():
            with anyio.CancelScope() as scope:
                scope.cancel()
                await checks.results()
            moments.append(10.0)
            return (await checks.results())["tea"].status

        assert run(main) == "ok"
        assert calls == [1]

    def test_a_thread_that_hangs_is_not_joined_by_others(self, run):
        go = threading.Event()
        moments = [0.0]
        calls = []
        checks = HealthChecks(lambda: "running", clock=lambda: moments[-1])

        def hang():
            calls.append(1)
            assert go.wait(60)

        checks.add("tea", hang, timeout=0.5)  # A loaded machine takes its time to begin it.

        async def main():
            found = []
            for moment in (0.0, 10.0, 20.0):
                moments.append(moment)
                found.append((await checks.results())["tea"].status)
            go.set()
            return found

        assert run(main) == ["timeout"] * 3
        assert calls == [1]

    @pytest.mark.parametrize(
        ("name", "check", "timeout", "error", "message"),
        [
            ("tea", None, 1, TypeError, "is a function without arguments, not None"),
            ("tea", good, 0, ValueError, "timeout= is a number of seconds above 0"),
            ("there", good, 1, ValueError, "there is a health check 'there' already"),
        ],
    )
    def test_what_cannot_work_is_refused(self, name, check, timeout, error, message):
        api = API()
        api.add_health_check("there", good)

        with pytest.raises(error, match=message):
            api.add_health_check(name, check, timeout=timeout)
