"""What watches over examples/site: metrics, health, ids, the log, header fields."""

from __future__ import annotations

import logging
import shutil

import pytest


def count(client, path, status="200", **headers):
    """How many requests of a route were counted."""
    text = client.get("/metrics", headers=headers).text
    start = f'responder_requests_total{{method="GET",path="{path}",status="{status}"}} '
    return next(
        (
            int(float(line.removeprefix(start)))
            for line in text.splitlines()
            if line.startswith(start)
        ),
        0,
    )


def test_metrics_count_by_route(visitor):
    client = visitor()
    for slug in ("water-first", "plain-text-again"):
        client.get(f"/posts/{slug}")
    client.get("/nowhere")

    assert count(client, "/posts/{slug}") == 2
    assert count(client, "unmatched", "404") == 1


def test_metrics_are_for_this_machine_alone(visitor):
    here = visitor()
    elsewhere = visitor(api=here.app, address="192.0.2.1")

    assert here.get("/metrics").status_code == 200
    assert elsewhere.get("/metrics").status_code == 404


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_proxy_of_this_machine_is_not_this_machine(visitor, name):
    assert visitor().get("/metrics", headers={name: "127.0.0.1"}).status_code == 404


def test_metrics_are_for_who_has_the_token(visitor):
    client = visitor(metrics_token="of prometheus")
    elsewhere = visitor(api=client.app, address="192.0.2.1")

    assert client.get("/metrics").status_code == 404
    right, wrong = "Bearer of prometheus", "Bearer of somebody"
    assert elsewhere.get("/metrics", headers={"Authorization": right}).status_code == 200
    assert elsewhere.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    assert (
        elsewhere.get("/metrics", headers={"Authorization": "Bearer ☕".encode()}).status_code
        == 404
    )


def test_it_is_not_ready_without_its_data_folder(visitor, settings):
    client = visitor()
    assert client.get("/readyz").status_code == 200
    later = visitor()
    shutil.rmtree(settings.data)

    assert later.get("/readyz").status_code == 503
    assert later.get("/livez").status_code == 200


def test_every_request_has_an_id_and_a_line_in_the_log(visitor, caplog):
    caplog.set_level(logging.INFO, "responder.access")
    client = visitor()
    answer = client.get("/posts/water-first", headers={"X-Request-ID": "order-17"})

    assert answer.headers["X-Request-ID"] == "order-17"
    (record,) = [each for each in caplog.records if each.name == "responder.access"]
    assert record.getMessage().startswith("GET /posts/water-first → 200 ")


def test_what_an_author_does_stands_in_the_log(author, caplog):
    caplog.set_level(logging.INFO, "responder.app")
    page = author.get("/admin/posts/water-first/delete")
    parts = {
        name: page.text.partition(f'name="{name}" value="')[2].partition('"')[0]
        for name in ("csrf_token", "version")
    }
    author.post("/admin/posts/water-first/delete", data=parts)

    (record,) = [each for each in caplog.records if each.name == "responder.app"]
    assert (record.message, record.post, record.author) == ("deleted", "water-first", "ada")


@pytest.mark.parametrize(
    "path", ["/", "/posts/water-first", "/nowhere", "/card.png", "/admin/login"]
)
def test_header_fields_tell_browsers_to_be_careful(visitor, path):
    headers = visitor().get(path).headers
    policy = headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("host", "status"),
    [("example.org", 200), ("127.0.0.1", 200), ("evil.example", 400), ("example.org.evil", 400)],
)
def test_a_site_with_an_address_answers_to_no_other(visitor, host, status):
    client = visitor(base_url="https://example.org")

    assert client.get("/", headers={"Host": host}).status_code == status
