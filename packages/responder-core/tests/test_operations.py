"""Operations: what each method of each route takes and gives, for who documents an app."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from responder_core import API, Depends, File, Header, Query, Router, UploadFile
from responder_core.operations import list_operations


class Item(msgspec.Struct):
    name: str


def operations_of(api):
    return {(each.route.path, each.method): each for each in list_operations(api)}


def only(api):
    (found,) = list_operations(api)
    return found


def takes(operation):
    return {(each.origin, each.key) for each in operation.arguments}


class TestMethods:
    def test_those_that_are_named_each_are_one(self):
        api = API()
        api.add_route("/", lambda req, resp: None, methods=["get", "put"])

        assert list(operations_of(api)) == [("/", "GET"), ("/", "PUT")]
        assert not any(each.is_only for each in list_operations(api))

    @pytest.mark.parametrize(("annotation", "method"), [(str, "GET"), (Item, "POST")])
    def test_a_view_without_any_is_one_operation(self, annotation, method):
        api = API()

        @api.route("/")
        async def view(req, resp, *, it: annotation): ...

        assert only(api).method == method
        assert only(api).is_only

    def test_head_of_its_own(self):
        api = API()

        class Things:
            def on_get(self, req, resp): ...

            def on_head(self, req, resp): ...

        api.add_route("/", Things)

        assert list(operations_of(api)) == [("/", "GET"), ("/", "HEAD")]
        assert operations_of(api)["/", "HEAD"].origin is Things.on_head

    def test_head_of_a_class_follows_from_get(self):
        api = API()

        class Things:
            def on_get(self, req, resp): ...

        api.add_route("/", Things)

        assert only(api).method == "GET"

    def test_what_another_route_answers_is_its(self):
        api = API()
        api.add_route("/", lambda req, resp: None, methods=["GET"])
        api.add_route("/", head := lambda req, resp: None, methods=["HEAD"])

        assert operations_of(api)["/", "HEAD"].origin is head

    def test_what_the_framework_serves_is_left_out(self, tmp_path):
        api = API(health_route="/ready", static_dir=tmp_path)
        api.get("/")(lambda req, resp: None)
        api.websocket_route("/ws")(_talk)

        assert list(operations_of(api)) == [("/", "GET")]


async def _talk(ws): ...


class TestArguments:
    def test_of_views_guards_hooks_and_what_these_depend_on(self):
        def token(*, x_token: str = Header()):
            return x_token

        def user(*, token=Depends(token), session: str = Query("none")): ...

        def audit(req, resp, *, trace: int = Query(0)): ...

        def guard(req, *, key: str = Query()): ...

        router = Router(before=audit)

        @router.get("/{id:int}")
        async def view(req, resp, *, id, page: int = 1, user=Depends(user)): ...

        api = API(dependencies=[Depends(guard)])
        api.include_router(router)

        assert takes(only(api)) == {
            ("path", "id"),
            ("query", "page"),
            ("query", "session"),
            ("header", "x-token"),
            ("query", "key"),
            ("query", "trace"),
        }
        assert only(api).guards == (guard,)

    def test_app_wide_providers_read_nothing(self):
        api = API()
        api.add_dependency("pool", lambda size=3: size, scope="app")

        @api.get("/")
        async def view(req, resp, *, pool): ...

        assert takes(only(api)) == set()

    def test_what_validates_more_is_kept(self):
        api = API()

        def guard(*, id: int): ...

        @api.get("/{id}", dependencies=[Depends(guard)])
        async def view(req, resp, *, id): ...

        assert [each.annotation for each in only(api).arguments] == [int]

    def test_the_models_of_older_programs(self):
        api = API()
        options = {"request_model": Item, "params_model": Item}
        api.add_route("/", lambda req, resp: None, methods=["GET", "POST"], **options)

        assert takes(operations_of(api)["/", "GET"]) == {("query", "validated_params")}
        assert {each.origin for each in operations_of(api)["/", "POST"].arguments} == {
            "body",
            "query",
        }

    def test_files(self):
        api = API()

        @api.post("/")
        async def view(req, resp, *, photo: UploadFile = File()): ...

        assert takes(only(api)) == {("file", "photo")}


class TestResults:
    @pytest.mark.parametrize(
        ("annotation", "options", "result", "told"),
        [
            (Item, {}, Item, Item),
            (tuple[Item, int], {}, Item, Item),
            (str, {}, None, str),
            (Any, {}, None, Any),
            (None, {}, None, None),
            (str, {"response_model": Item}, Item, str),
            (Item, {"response_model": False}, None, None),
            ("OnlyForCheckers", {"response_model": Item}, Item, None),
        ],
        ids=str,
    )
    def test_what_is_checked_and_what_is_told(self, annotation, options, result, told):
        api = API()

        async def view(req, resp): ...

        view.__annotations__["return"] = annotation
        api.add_route("/", view, methods=["GET"], **options)

        assert (only(api).result, only(api).annotation) == (result, told)

    def test_a_view_without_an_annotation(self):
        api = API()
        api.get("/")(lambda req, resp: None)

        assert (only(api).result, only(api).annotation, only(api).stream) == (None, None, None)

    def test_a_stream(self):
        api = API()

        @api.sse("/")
        async def ticks(req, resp) -> AsyncIterator[Item]:
            yield Item("tea")

        found = only(api)
        assert (found.stream.kind, found.stream.model, found.result) == ("sse", Item, None)
        assert found.origin is ticks


class TestThreads:
    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (lambda api: api.get("/")(_view), False),
            (lambda api: api.get("/")(lambda req, resp: None), True),
            (lambda api: api.get("/", sync_to_thread=False)(lambda req, resp: None), False),
            (lambda api: api.get("/", dependencies=Depends(lambda: 1))(_view), True),
            (lambda api: api.get("/", dependencies=Depends(_provide))(_view), False),
            (lambda api: api.get("/", before=lambda req, resp: None)(_view), True),
        ],
        ids=["async", "sync", "inline", "sync guard", "async guard", "sync hook"],
    )
    def test_whether_one_is_taken(self, build, expected):
        api = API()
        build(api)

        assert only(api).threaded is expected


async def _view(req, resp): ...


async def _provide(): ...


def test_the_revision_changes_with_what_is_registered():
    api = API()
    before = api.revision
    api.get("/")(_view)

    assert api.revision > before


@pytest.mark.parametrize("required", [True, False])
def test_what_is_taken_twice_is_told_as_what_says_more(required):
    api = API()
    default = Query() if required else Query(1)

    def pages(page: int = Query(1)):
        return page

    def view(req, resp, *, page: int = default, pages=Depends(pages)): ...

    api.add_route("/", view, methods=["GET"])

    (page,) = (each for each in only(api).arguments if each.key == "page")
    assert page.required is required
