"""Factories that the tests share: a schema, apps that serve it, clients."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, build_schema

from responder_core import API
from responder_graphql import mount

SDL = """
    directive @d on FRAGMENT_DEFINITION
    type Query {
        hello(name: String = "world"): String
        number: Int!
        fails: String
        fails_hard: String!
        refuses: String
        me: User
        users(first: Int): [User!]!
    }
    type User { name: String friends(first: Int): [User!]! me: User }
    type Mutation { touch(id: ID!): String }
    type Subscription { count(to: Int!): Int fails: Int }
"""


class Root:
    """The resolvers: graphql-core calls them with info and the arguments."""

    number = 7

    def hello(self, info, name):
        return f"hello, {name}"

    def fails(self, info):
        raise KeyError("secret")

    def fails_hard(self, info):
        raise KeyError("secret")

    def refuses(self, info):
        raise GraphQLError("Not today.", extensions={"code": "CLOSED"})

    def touch(self, info, id):
        return f"touched {id}"

    def me(self, info):
        return {"name": "me", "friends": []}

    def users(self, info, first=1):
        return [{"name": f"user {index}"} for index in range(first)]


@pytest.fixture
def schema():
    return build_schema(SDL)


@pytest.fixture
def api_factory(schema) -> Callable[..., API]:
    """Make an app with a GraphQL endpoint at /graphql."""

    def make(*, debug: bool = False, app: dict[str, Any] | None = None, **options: Any) -> API:
        api = API(debug=debug, **(app or {}))
        mount(api, "/graphql", **{"schema": schema, "root_value": Root(), **options})
        return api

    return make


@pytest.fixture
def client_factory(api_factory) -> Callable[..., Any]:
    """Make a client of an app with a GraphQL endpoint; a failure is a 500."""

    def make(**options: Any):
        return api_factory(**options).test_client(raise_server_exceptions=False)

    return make


@pytest.fixture
def client(client_factory):
    return client_factory()


@pytest.fixture
def ask(client_factory) -> Callable[..., Any]:
    """Send an operation by POST; the answer."""

    def run(query: Any, *, client: Any = None, accept: str = GRAPHQL, **members: Any):
        client = client or client_factory()
        return client.post("/graphql", json={"query": query, **members}, headers={"Accept": accept})

    return run


GRAPHQL = "application/graphql-response+json"


def has(name: str) -> bool:
    """Whether a module is installed."""
    return importlib.util.find_spec(name) is not None
