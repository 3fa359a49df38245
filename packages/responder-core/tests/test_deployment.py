"""Deployment: what is found in an app that others will use."""

import logging

import pytest

from responder_core import API, Depends, Extension
from responder_core.deployment import CODES, Deployment, Finding, check_deployment


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


def test_a_port_that_is_none():
    assert codes(Deployment(environment={"PORT": "http"})) == {"port"}


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
