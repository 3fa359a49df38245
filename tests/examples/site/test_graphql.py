"""GraphQL of examples/site: what can be asked for, and what is too much."""

from __future__ import annotations

import pytest


def ask(client, query, **variables):
    return client.post("/graphql", json={"query": query, "variables": variables})


def test_a_query_gets_what_belongs_together(visitor):
    query = """
        query($slug: ID!) {
          post(slug: $slug) {
            title date minutes url
            tags { name count posts(first: 1) { title } }
            picture { alt posts { slug } }
          }
        }
    """
    answer = ask(visitor(), query, slug="water-first")
    post = answer.json()["data"]["post"]

    assert answer.status_code == 200
    assert (post["title"], post["date"]) == ("Water first, then leaves", "2025-06-22")
    assert post["url"] == "http://127.0.0.1/posts/water-first"
    assert [tag["name"] for tag in post["tags"]] == ["tea", "slowness"]
    assert {"slug": "water-first"} in post["picture"]["posts"]


def test_every_field_of_a_query_is_answered(visitor):
    query = """{
        posts(first: 2, skip: 1, tag: "http") { slug summary markdown html }
        tags { name count } pictures { name title caption } search(words: "viaduct") { slug }
        nothing: post(slug: "nothing") { slug }
    }"""
    data = ask(visitor(), query).json()["data"]

    assert 0 < len(data["posts"]) <= 2
    assert len(data["pictures"]) == 10
    assert data["search"][0] == {"slug": "along-the-old-railway"}
    assert data["nothing"] is None


def test_posts_are_counted_off(visitor):
    client = visitor()
    every = ask(client, "{ posts(first: 50) { slug } }").json()["data"]["posts"]
    some = ask(client, "{ posts(first: 3, skip: 2) { slug } }").json()["data"]["posts"]

    assert len(every) == 13
    assert some == every[2:5]


@pytest.mark.parametrize("first", [-1, 51])
def test_too_many_at_once_are_refused(visitor, first):
    (error,) = ask(visitor(), f"{{ posts(first: {first}) {{ slug }} }}").json()["errors"]

    assert error["message"] == f"first is 0 to 50, not {first}"


@pytest.mark.parametrize(
    "query",
    [
        "{ tags { posts { tags { posts { tags { posts { tags { name } } } } } } } }",
        "{ posts(first: 50) { picture { posts { slug } } tags { name } } }",
        "{" + "".join(f" a{number}: tags {{ name }}" for number in range(11)) + "}",
    ],
    ids=["too deep", "too much", "too many names"],
)
def test_a_query_that_costs_too_much_is_refused(visitor, query):
    answer = visitor().post(
        "/graphql",
        json={"query": query},
        headers={"Accept": "application/graphql-response+json"},
    )

    assert answer.status_code == 400
    assert "data" not in answer.json()


def test_the_schema_is_told(visitor):
    data = ask(visitor(), "{ __schema { queryType { name } mutationType { name } } }").json()[
        "data"
    ]

    assert data == {"__schema": {"queryType": {"name": "Query"}, "mutationType": None}}


def test_an_address_may_ask_so_often(visitor):
    client = visitor(graphql_limit="2/hour")
    statuses = [ask(client, "{ tags { name } }").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_a_long_body_is_refused(visitor):
    assert ask(visitor(), "{ tags { name } }" + " " * 70_000).status_code == 413
