"""The JSON API of examples/site, and the document that tells of it."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

POSTS = 13


def follow(client, answer, rel):
    """Where a Link field leads: the path and the query."""
    found = re.findall(r'<http://127\.0\.0\.1([^>]+)>; rel="(\w+)"', answer.headers["Link"])
    links = {name: url for url, name in found}
    return client.get(links[rel]) if rel in links else None


def test_posts_come_in_pages_that_lead_on(visitor):
    client = visitor()
    answer = client.get("/api/posts?per_page=5")
    found = []
    while answer is not None:
        page = answer.json()
        found += [item["slug"] for item in page["items"]]
        answer = follow(client, answer, "next")

    assert (page["page"], page["pages"], page["total"]) == (3, 3, POSTS)
    assert len(found) == len(set(found)) == POSTS
    assert found[0] == "plain-text-again"


def test_links_keep_what_was_asked_for(visitor):
    client = visitor()
    answer = client.get("/api/posts?tag=http&per_page=1&page=1")
    last = follow(client, answer, "last").json()

    assert "tag=http" in answer.headers["Link"]
    assert last["page"] == last["pages"] == last["total"] > 1
    assert follow(client, answer, "prev") is None


@pytest.mark.parametrize(
    ("query", "claim"),
    [
        ("tag=tea", lambda post: "tea" in post["tags"]),
        ("year=2025", lambda post: post["date"].startswith("2025-")),
        ("year=2025&tag=http", lambda post: "http" in post["tags"] and post["date"] < "2026"),
    ],
)
def test_posts_are_chosen(visitor, query, claim):
    page = visitor().get(f"/api/posts?per_page=50&{query}").json()

    assert 0 < page["total"] < POSTS
    assert all(claim(post) for post in page["items"])


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=51", "year=0", "tag=" + "x" * 81])
def test_a_query_that_cannot_be_is_told(visitor, query):
    answer = visitor().get(f"/api/posts?{query}")

    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_page_past_the_last_is_empty(visitor):
    answer = visitor().get("/api/posts?page=100")

    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_post_has_its_words(visitor):
    client = visitor()
    post = client.get("/api/posts/water-first").json()

    assert post["title"] == "Water first, then leaves"
    assert post["picture"] == "kettle"
    assert post["url"] == "http://127.0.0.1/posts/water-first"
    assert post["html"] in client.get("/posts/water-first").text
    assert client.get("/api/posts/nothing").status_code == 404


def test_tags_and_pictures_are_all_there(visitor):
    client = visitor()
    tags, pictures = client.get("/api/tags").json(), client.get("/api/pictures").json()

    assert {"name": "tea", "posts": client.get("/api/posts?tag=tea").json()["total"]} in tags
    assert [tag["name"] for tag in tags] == sorted(tag["name"] for tag in tags)
    assert len(pictures) == 10
    assert client.get(pictures[0]["url"]).headers["Content-Type"] == "image/svg+xml"


def test_search_finds_what_the_page_finds(visitor):
    client = visitor()
    found = [hit["post"]["slug"] for hit in client.get("/api/search?q=tea").json()]

    assert found == re.findall(r'<h2><a href="/posts/([^"]+)"', client.get("/search?q=tea").text)
    assert client.get("/api/search?q=").status_code == 422


def test_all_ways_to_search_have_one_limit(visitor):
    client = visitor(search_limit="2/hour")
    statuses = [
        client.get(path).status_code
        for path in ("/search?q=tea", "/api/search?q=tea", "/search?q=tea", "/api/search?q=tea")
    ]
    elsewhere = visitor(api=client.app, address="192.0.2.1")

    assert statuses == [200, 200, 429, 429]
    assert client.get("/posts/water-first").status_code == 200
    assert elsewhere.get("/search?q=tea").status_code == 200


def test_what_a_client_says_of_its_address_changes_nothing(visitor):
    client = visitor(search_limit="1/hour")
    statuses = [
        client.get("/search?q=tea", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(3)
    ]

    assert statuses == [200, 429, 429]


def test_behind_a_proxy_that_is_known_it_is_believed(visitor):
    client = visitor(search_limit="1/hour", proxies=("127.0.0.0/8",))
    statuses = [
        client.get("/search?q=tea", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(3)
    ]

    assert statuses == [200, 200, 200]


def test_the_document_is_valid_and_has_every_route_of_the_api(visitor):
    client = visitor()
    document = client.get("/api/openapi.json").json()
    validate(document)

    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    others = ("/api/docs", "/api/openapi")
    paths = {route.path for route in client.app.routes if not route.path.startswith(others)}
    served = {(path, "get") for path in paths if path.startswith("/api/")}
    assert documented == served
    assert len(served) == 5
    assert document["info"]["title"] == "Kettle & Spanner"


def test_answers_are_what_the_document_says(visitor):
    """Each answer of a real request has the members that its schema requires, and no others."""
    client = visitor()
    document = client.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    post = client.get("/api/posts/water-first").json()
    page = client.get("/api/posts").json()

    assert set(schemas["Full"]["required"]) == set(schemas["Full"]["properties"]) == set(post)
    assert set(schemas["Page"]["properties"]) == set(page)
    assert set(schemas["Summary"]["properties"]) == set(page["items"][0])


def test_the_page_of_the_documentation_is_there(visitor):
    answer = visitor().get("/api/docs")

    assert answer.status_code == 200
    assert "Kettle &amp; Spanner" in answer.text
    assert "/api/openapi.json" in answer.text
