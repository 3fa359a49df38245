"""Identifiers: an ``operationId`` for each operation."""

import functools

import pytest

from responder_core import API, Router
from responder_openapi import DuplicateOperationError, OpenAPI


async def show(req, resp): ...


class Things:
    async def on_get(self, req, resp): ...

    async def on_post(self, req, resp): ...


class Callable:
    async def __call__(self, req, resp): ...


def names_of(document_of, api):
    return [
        operation["operationId"]
        for item in document_of(api)["paths"].values()
        for operation in item.values()
    ]


@pytest.fixture
def api():
    return API(extensions=[OpenAPI(openapi_route=None)])


@pytest.mark.parametrize(
    ("view", "options", "names"),
    [
        (show, {"methods": ["GET"]}, ["show"]),
        (show, {}, ["show"]),
        (show, {"methods": ["GET", "POST"]}, ["show_get", "show_post"]),
        (show, {"methods": ["GET"], "name": "the thing"}, ["the_thing"]),
        (show, {"methods": ["GET"], "operation_id": "chosen"}, ["chosen"]),
        (show, {"methods": ["GET", "PUT"], "operation_id": "x"}, ["x_get", "x_put"]),
        (Things, {}, ["Things_get", "Things_post"]),
        (Callable(), {"methods": ["GET"]}, ["Callable"]),
        (functools.partial(show), {"methods": ["GET"]}, ["show"]),
        (lambda req, resp: None, {"methods": ["GET"]}, ["lambda"]),
    ],
)
def test_they_are_the_names_of_views(document_of, api, view, options, names):
    api.add_route("/", view, **options)

    assert names_of(document_of, api) == names


def test_those_of_routers_say_so_where_others_have_the_name(document_of, api):
    for prefix in ("/users", "/old-items"):
        router = Router(prefix)
        router.get("/show")(lambda req, resp, **rest: None)
        router.add_route("/x", show, methods=["GET"])
        api.include_router(router, prefix="/v1")
    api.get("/other", name="other")(show)

    assert names_of(document_of, api) == [
        "v1_users_lambda",
        "v1_users_show",
        "v1_old_items_lambda",
        "v1_old_items_show",
        "other",
    ]


def test_one_without_a_router_keeps_its_name(document_of, api):
    router = Router("/users")
    router.get("/x")(show)
    api.include_router(router)
    api.get("/")(show)

    assert names_of(document_of, api) == ["users_show", "show"]


def test_two_that_are_the_same_are_refused(api):
    api.get("/a")(show)
    api.get("/b")(show)

    with pytest.raises(DuplicateOperationError, match=r"'show' is that of GET /a, .*and of GET /b"):
        api.extensions[0].document()


def test_one_that_the_docstring_or_the_route_gives_counts_too(api):
    api.get("/a", name="a", openapi_extra={"operationId": "same"})(show)
    api.get("/b", name="b", openapi_extra={"operationId": "same"})(show)

    with pytest.raises(DuplicateOperationError, match="'same' is that of GET /a"):
        api.extensions[0].document()


def test_they_are_refused_when_the_app_starts(api, client_factory):
    api = API(extensions=[OpenAPI()])
    api.get("/a", operation_id="x")(show)
    api.get("/b", operation_id="x")(show)

    with pytest.raises(DuplicateOperationError, match="'x'"), client_factory(api):
        pass
