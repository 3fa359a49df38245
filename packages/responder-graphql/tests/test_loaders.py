"""Loaders: one query for all users of a request, as docs/how-to/serve-graphql.md has it."""

from __future__ import annotations

import asyncio

import pytest
from graphql import build_schema

from responder_core import API
from responder_graphql import mount

SDL = """
    type Query { posts: [Post!]! }
    type Post { title: String author: User }
    type User { name: String }
"""


class Loader:
    """Gathers the keys that are asked for in one turn of the event loop."""

    def __init__(self, load_many):
        self._load_many = load_many
        self._waiting = {}

    def load(self, key):
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._start)
        return self._waiting.setdefault(key, asyncio.get_running_loop().create_future())

    def _start(self):
        waiting, self._waiting = self._waiting, {}
        self._task = asyncio.ensure_future(self._dispatch(waiting))

    async def _dispatch(self, waiting):
        for future, value in zip(waiting.values(), await self._load_many([*waiting]), strict=True):
            future.set_result(value)


@pytest.mark.parametrize("requests", [1, 3])
def test_a_loader_makes_one_query_a_request(requests):
    api = API()
    queries = []

    async def load_users(ids):
        queries.append(sorted(ids))
        return [{"name": f"user {number}"} for number in ids]

    @api.dependency()
    def users():
        return Loader(load_users)

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
