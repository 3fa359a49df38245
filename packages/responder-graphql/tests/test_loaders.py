"""Loaders: one query for all users of a request, as docs/how-to/serve-graphql.md has it."""

from __future__ import annotations

import pytest
from graphql import build_schema

from responder_core import API
from responder_graphql import mount

SDL = """
    type Query { posts: [Post!]! }
    type Post { title: String author: User }
    type User { name: String }
"""


@pytest.mark.parametrize("requests", [1, 3])
def test_a_loader_makes_one_query_a_request(requests):
    aiodataloader = pytest.importorskip("aiodataloader")
    api = API()
    queries = []

    async def load_users(ids):
        queries.append(sorted(ids))
        return [{"name": f"user {number}"} for number in ids]

    @api.dependency()
    async def users():
        return aiodataloader.DataLoader(load_users)

    schema = build_schema(SDL)
    schema.query_type.fields["posts"].resolve = lambda root, info: [
        {"title": str(number), "author_id": number % 3} for number in range(100)
    ]
    schema.type_map["Post"].fields["author"].resolve = lambda post, info: info.context[
        "users"
    ].load(post["author_id"])
    mount(api, schema=schema, dependencies=["users"])

    with api.test_client() as client:
        for _ in range(requests):
            answer = client.post("/graphql", json={"query": "{ posts { title author { name } } }"})
            posts = answer.json()["data"]["posts"]
            assert posts[5] == {"title": "5", "author": {"name": "user 2"}}

    assert queries == [[0, 1, 2]] * requests
