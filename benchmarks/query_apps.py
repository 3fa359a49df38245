"""GraphQL: the same small schema, as the documentation of each library serves it.

Each application answers ``{ hello }`` and a list of users at ``/graphql``. They run in
environments of their own, so each imports what it needs when it is built.
"""

from __future__ import annotations

from typing import Any

USERS = [{"id": str(number), "name": f"user {number}", "age": 30 + number} for number in range(20)]
SDL = """
    type Query { hello: String users: [User!]! }
    type User { id: ID! name: String! age: Int! }
"""


def build_responder() -> Any:
    """Ours, with every limit on."""
    from graphql import build_schema

    from responder_core import API
    from responder_graphql import mount

    api = API()
    root = {"hello": lambda info: "world", "users": lambda info: USERS}
    mount(api, "/graphql", schema=build_schema(SDL), root_value=root)

    @api.route("/text")
    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


def build_strawberry() -> Any:
    """Strawberry's own ASGI app."""
    import strawberry
    from strawberry.asgi import GraphQL

    @strawberry.type
    class User:
        id: strawberry.ID
        name: str
        age: int

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "world"

        @strawberry.field
        def users(self) -> list[User]:
            return [User(**each) for each in USERS]

    # Annotations are texts here, which name what is not at the top of the module.
    globals().update(User=User, strawberry=strawberry)
    return GraphQL(strawberry.Schema(query=Query))


def build_ariadne() -> Any:
    """Ariadne's own ASGI app."""
    from ariadne import QueryType, make_executable_schema
    from ariadne.asgi import GraphQL

    query = QueryType()
    query.set_field("hello", lambda root, info: "world")
    query.set_field("users", lambda root, info: USERS)
    return GraphQL(make_executable_schema(SDL, query))


def build_published() -> Any:
    """Responder as it is published, with graphene."""
    import graphene

    import responder

    class User(graphene.ObjectType):
        id = graphene.ID(required=True)
        name = graphene.String(required=True)
        age = graphene.Int(required=True)

    class Query(graphene.ObjectType):
        hello = graphene.String()
        users = graphene.List(graphene.NonNull(User), required=True)

        def resolve_hello(root, info):  # noqa: N805 - graphene's own way
            return "world"

        def resolve_users(root, info):  # noqa: N805
            return USERS

    api = responder.API()
    api.graphql("/graphql", schema=graphene.Schema(query=Query))
    return api


if __name__ == "__main__":
    import os
    import socket
    import sys

    import uvicorn

    name, core = sys.argv[1:]
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        globals()[f"build_{name}"](),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[listener])
