"""Deployment: what is found in an app that others will use."""

import logging
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from responder_core import API, Depends, Extension
from responder_core.deployment import CODES, Deployment, Finding, check_deployment, warn_of_workers


@pytest.fixture(autouse=True)
def no_port(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)


GOOD = {
    "allowed_hosts": ["example.org"],
    "security_headers": True,
    "request_timeout": 10,
    "health_route": "/readyz",
}


HERE = Deployment()


def codes(deployment=HERE, **settings):
    found = check_deployment(API(**{**GOOD, **settings}), deployment)
    return {each.code for each in found} - {"slow-server"}


def test_nothing_is_found_in_a_good_one():
    assert codes() == set()


@pytest.mark.parametrize(
    ("settings", "code", "level"),
    [
        ({"debug": True}, "debug-on", "error"),
        ({"allowed_hosts": None}, "hosts-open", "warning"),
        ({"allowed_hosts": ["*"]}, "hosts-open", "warning"),
        ({"cors_params": {"allow_origins": ["*"]}}, "cors-open", "note"),
        (
            {"cors_params": {"allow_origins": ["*"], "allow_credentials": True}},
            "cors-open",
            "error",
        ),
        ({"max_request_size": None}, "no-body-limit", "warning"),
        ({"security_headers": False}, "no-headers", "note"),
        ({"request_timeout": None}, "no-timeout", "note"),
        ({"health_route": None}, "no-health", "note"),
    ],
)
def test_each_setting_that_should_not_be_so(settings, code, level):
    found = check_deployment(API(**{**GOOD, **settings}), Deployment())

    (finding,) = [each for each in found if each.code == code]
    assert finding.level == level
    assert finding.remedy
    assert code in CODES


@pytest.mark.parametrize("name", ["docs", "schema"])
def test_docs_that_everyone_can_read(name):
    api = API(**GOOD)
    api.add_route("/docs", lambda req, resp: None, name=name)
    guarded = API(**GOOD)
    guarded.add_route("/docs", lambda req, resp: None, name=name, auth=lambda req: None)

    assert "docs-open" in {each.code for each in check_deployment(api, Deployment())}
    assert "docs-open" not in {each.code for each in check_deployment(guarded, Deployment())}


def test_metrics_that_everyone_can_read():
    pytest.importorskip("prometheus_client", reason="needs the extra metrics")

    assert "metrics-open" in codes(metrics_route="/metrics")
    closed = {"metrics_route": "/metrics", "dependencies": [Depends(lambda req: None)]}
    assert "metrics-open" not in codes(**closed)


def test_an_app_that_cannot_be_served():
    api = API(**GOOD)
    api.add_dependency("first", lambda second: 1)
    api.add_dependency("second", lambda first: 2)
    api.add_route("/x", lambda req, resp, first: None)

    (finding, *_) = check_deployment(api, Deployment())
    assert (finding.level, finding.code) == ("error", "broken")
    assert "dependencies go round in a circle" in finding.message


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "DYNO", "K_SERVICE"])
def test_a_platform_whose_proxy_is_not_trusted(variable):
    there = Deployment(environment={variable: "x"})

    assert codes(there) == {"proxies-untrusted"}
    assert codes(there, trusted_proxies=["10.0.0.0/8"]) == set()


@pytest.mark.parametrize("installed", [True, False])
def test_a_server_without_what_makes_it_quick(monkeypatch, installed):
    library = ModuleType("httptools")
    library.__spec__ = ModuleSpec("httptools", None)
    monkeypatch.setitem(sys.modules, "httptools", library if installed else None)

    found = {each.code: each for each in check_deployment(API(**GOOD), HERE)}

    assert ("slow-server" in found) is not installed
    if not installed:
        assert found["slow-server"].remedy == "pip install 'responder-core[server]'"


def test_a_port_that_is_none():
    assert codes(Deployment(environment={"PORT": "http"})) == {"port"}


def test_an_extension_that_knows_nothing_tells_nothing():
    assert codes(extensions=[Extension()]) == set()


def test_extensions_tell_what_they_know():
    class Sessions(Extension):
        def check(self, api, deployment):
            if deployment.workers > 1:
                message = f"sessions are in the memory of each of {deployment.workers} processes"
                yield Finding("error", "session-store", message, "Use another store.")

    api = API(**GOOD, extensions=[Sessions()])

    assert "session-store" not in {each.code for each in check_deployment(api, Deployment())}
    (finding, *_) = check_deployment(api, Deployment(workers=2))
    assert finding.message == "sessions are in the memory of each of 2 processes"


class TestWorkers:
    """What a server of several processes says when it starts."""

    @pytest.fixture
    def warned(self, caplog):
        def run(*extensions, wrap=lambda api: api, workers=2):
            with caplog.at_level(logging.DEBUG, "responder"):
                warn_of_workers(wrap(API(extensions=extensions)), workers)
            return [(record.levelname, record.getMessage()) for record in caplog.records]

        return run

    @pytest.fixture
    def finding(self):
        """An extension that finds one thing in a number of processes, and another in fewer."""

        def make(level, *, workers=2, code="store"):
            class Finds(Extension):
                def check(self, api, deployment):
                    if deployment.workers >= workers:
                        return [Finding(level, code, f"{deployment.workers} stores", "Have one.")]
                    return [Finding("error", "else", "something else", "Mend it.")]

            return Finds()

        return make

    def test_each_thing_is_a_line_with_its_remedy(self, warned, finding):
        extensions = finding("error"), finding("warning", code="other")

        assert warned(*extensions) == [
            ("ERROR", "2 stores. Have one. [store]"),
            ("WARNING", "2 stores. Have one. [other]"),
        ]

    def test_notes_are_left_to_the_command(self, warned, finding):
        assert warned(finding("note")) == []

    def test_what_one_process_has_too_is_left_to_the_command(self, warned, finding):
        assert warned(finding("error", workers=1)) == []

    def test_one_process_is_told_of_nothing(self, warned, finding):
        assert warned(finding("error"), workers=1) == []

    def test_extensions_are_told_the_environment(self, warned, monkeypatch):
        monkeypatch.setenv("STORE", "shared")
        seen = []

        class Sees(Extension):
            def check(self, api, deployment):
                seen.append((deployment.workers, deployment.environment["STORE"]))
                return ()

        warned(Sees(), workers=3)

        assert seen == [(1, "shared"), (3, "shared")]

    def test_the_app_is_found_behind_middleware(self, warned, finding):
        class Wrapped:
            def __init__(self, app):
                self.app = app

        assert len(warned(finding("error"), wrap=Wrapped)) == 1

    def test_of_an_app_of_another_kind_nothing_is_known(self, warned):
        async def app(scope, receive, send): ...

        other = SimpleNamespace(extensions={"babel": None})

        assert warned(wrap=lambda api: app) == []
        assert warned(wrap=lambda api: other) == []

    def test_a_check_that_fails_is_logged_and_the_others_are_asked(self, warned, finding):
        class Broken(Extension):
            def check(self, api, deployment):
                raise LookupError("no tea")

        assert warned(Broken(), finding("error")) == [
            ("ERROR", "check() of Broken failed"),
            ("ERROR", "2 stores. Have one. [store]"),
        ]


class TestProxies:
    """What only a request can tell."""

    @pytest.fixture
    def warned(self, caplog, client_factory):
        def run(api, *headers):
            api.add_route("/", lambda req, resp: None)
            client = client_factory(api)
            with caplog.at_level(logging.WARNING, "responder"):
                for host, each in headers:
                    client.get("/", headers={"Host": host, **each})
            return [record.getMessage() for record in caplog.records]

        return run

    @pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
    def test_one_that_is_not_trusted_is_told_of_once(self, warned, name):
        value = {name: "for=192.0.2.1"}

        (message,) = warned(API(), ("a.example", {}), ("b.example", value), ("c.example", value))
        assert message.startswith(f"{name} arrives, and no proxy is trusted")

    def test_one_that_is_trusted_is_not(self, warned):
        value = {"X-Forwarded-For": "192.0.2.1"}

        assert warned(API(trusted_proxies=["10.0.0.0/8"]), ("a.example", value)) == []
