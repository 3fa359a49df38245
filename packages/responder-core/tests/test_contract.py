"""The contract of a route: what its answers are, checked and filtered before they are sent."""

import dataclasses
import math
from typing import Any

import msgspec
import pytest

from responder_core import API, Response, ResultError, ViewError


class Item(msgspec.Struct):
    name: str
    price: float = 1.5


class Secret(Item):
    password: str = "hunter2"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


def api_with(result, annotation, *, kind="async", **options):
    """An app whose view answers a result, and says what it is of."""
    api = API()

    async def view(req, resp):
        return result

    def view_sync(req, resp):
        return result

    chosen = view if kind == "async" else view_sync
    if annotation is not None:
        chosen.__annotations__["return"] = annotation
    api.add_route("/", chosen, **options)
    return api


class TestResults:
    @pytest.mark.parametrize(
        ("annotation", "result", "sent"),
        [
            (Item, Item("tea"), {"name": "tea", "price": 1.5}),
            (Item, {"name": "tea", "more": 1}, {"name": "tea", "price": 1.5}),
            (Item, Secret("tea"), {"name": "tea", "price": 1.5}),
            (Item, (Item("tea"), 200), {"name": "tea", "price": 1.5}),
            (tuple[Item, int], (Secret("tea"), 200), {"name": "tea", "price": 1.5}),
            (list[Item], [Secret("a"), {"name": "b"}], None),
            (Item | None, None, None),
            (dict[str, int], {"a": 1}, {"a": 1}),
            ("Item", Secret("tea"), {"name": "tea", "price": 1.5}),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", ["sync", "async"])
    @pytest.mark.parametrize("how", ["annotation", "option"])
    def test_they_are_of_the_type_and_nothing_more(
        self, client_factory, annotation, result, sent, kind, how
    ):
        if how == "annotation":
            api = api_with(result, annotation, kind=kind)
        else:
            if annotation in ("Item", tuple[Item, int]):
                pytest.skip("this is how annotations are written")
            api = api_with(result, None, kind=kind, response_model=annotation)

        answer = client_factory(api).get("/")

        assert answer.status_code == 200
        if annotation == list[Item]:
            sent = [{"name": "a", "price": 1.5}, {"name": "b", "price": 1.5}]
        assert answer.json() == sent
        assert "hunter2" not in answer.text

    @pytest.mark.parametrize(
        ("annotation", "result"),
        [
            (Item, {"price": 1}),
            (Item, Item(7)),
            (Item, None),
            (Item, "text"),
            (Item, b"bytes"),
            (list[Item], Item("tea")),
            (dict[str, int], {"a": "b"}),
            (Item, Item("tea", math.nan)),
            (Item, object()),
        ],
    )
    def test_a_breach_is_a_500_and_never_sent(self, client_factory, caplog, annotation, result):
        answer = client_factory(api_with(result, annotation)).get("/")

        assert answer.status_code == 500
        assert answer.json()["title"] == "Internal Server Error"
        [record] = caplog.records
        assert isinstance(record.exc_info[1], ResultError)
        assert "test_contract.py" in str(record.exc_info[1])

    def test_a_breach_is_raised_in_tests_and_says_what_is_wrong(self):
        api = api_with(Item(7), Item)

        with pytest.raises(ResultError, match="name must be a string; response_model=False"):
            api.test_client().get("/")

    def test_what_the_view_set_is_checked_as_what_it_returned(self, client_factory):
        api = API()

        @api.get("/good")
        def good(req, resp) -> Item:
            resp.media = Secret("tea")

        @api.get("/bad")
        def bad(req, resp) -> Item:
            resp.text = "tea"

        client = client_factory(api)

        assert client.get("/good").json() == {"name": "tea", "price": 1.5}
        assert client.get("/bad").status_code == 500

    def test_an_after_hook_cannot_see_what_was_filtered(self, client_factory):
        api = API()
        seen = []

        @api.get("/", after=lambda req, resp: seen.append(resp.media))
        def view(req, resp) -> Item:
            return Secret("tea")

        assert client_factory(api).get("/").json() == {"name": "tea", "price": 1.5}
        assert type(seen[0]) is Item

    @pytest.mark.parametrize("accept", ["application/msgpack", "application/json", "*/*"])
    def test_every_format_gets_the_same(self, client_factory, accept):
        answer = client_factory(api_with(Secret("tea"), Item)).get("/", headers={"Accept": accept})

        decode = msgspec.msgpack.decode if "msgpack" in accept else msgspec.json.decode
        assert decode(answer.content) == {"name": "tea", "price": 1.5}

    @pytest.mark.parametrize(
        "annotation", [None, Any, dict, list, str, object, "None", dict[str, Any]], ids=repr
    )
    def test_an_annotation_that_promises_nothing_checks_nothing(self, client_factory, annotation):
        answer = client_factory(api_with({"x": 1}, annotation)).get("/")

        assert answer.json() == {"x": 1}

    def test_response_model_false_takes_the_annotation_for_nothing(self, client_factory):
        api = api_with({"x": 1}, Item, response_model=False)

        assert client_factory(api).get("/").json() == {"x": 1}

    def test_an_error_is_no_breach(self, client_factory):
        api = API()

        @api.get("/")
        def view(req, resp) -> Item:
            resp.problem(404)

        @api.get("/gone")
        def gone(req, resp) -> Item:
            resp.no_content()

        client = client_factory(api)

        assert client.get("/").status_code == 404
        assert client.get("/gone").status_code == 204

    def test_a_type_that_cannot_be_checked_is_refused_at_registration(self):
        class Thing: ...

        with pytest.raises(ViewError, match="cannot be checked"):
            api_with(None, None, response_model=list[Thing])

    def test_an_annotation_that_cannot_be_read_is_refused_at_registration(self):
        with pytest.raises(ViewError, match="'Nowhere' of the result"):
            api_with(None, "Nowhere")

    @pytest.mark.parametrize(
        "result", [(Secret("tea"), 404), ([Secret("tea")], 404)], ids=["one", "list"]
    )
    def test_what_was_promised_is_filtered_whatever_the_status(self, client_factory, result):
        annotation = list[Item] if isinstance(result[0], list) else Item
        answer = client_factory(api_with(result, annotation)).get("/")

        assert answer.status_code == 404
        assert "hunter2" not in answer.text

    def test_another_body_of_an_error_is_left_alone(self, client_factory):
        answer = client_factory(api_with(({"error": "gone"}, 410), Item)).get("/")

        assert answer.json() == {"error": "gone"}

    def test_a_response_in_the_annotation_is_no_promise(self, client_factory):
        api = api_with(Secret("tea"), Item | Response)

        assert client_factory(api).get("/").json() == {"name": "tea", "price": 1.5}

    def test_text_where_it_was_promised_too(self, client_factory):
        assert client_factory(api_with("tea", Item | str)).get("/").text == "tea"

    def test_the_defaults_of_a_dataclass_are_sent(self, client_factory):
        assert client_factory(api_with({"x": 1}, Point)).get("/").json() == {"x": 1, "y": 0}


class TestStatus:
    def test_the_route_s_status_is_that_of_answers_that_set_none(self, client_factory):
        api = API()

        @api.post("/", status_code=201)
        def view(req, resp, *, status: int = 0):
            if status:
                resp.status_code = status
            return {"x": 1}

        client = client_factory(api)

        assert client.post("/").status_code == 201
        assert client.post("/?status=202").status_code == 202

    @pytest.mark.parametrize("status", [99, 600, 100, "201", True, 1.5])
    def test_what_is_no_status_is_refused(self, status):
        with pytest.raises(ValueError, match="status_code= is 200 to 599"):
            API().add_route("/", lambda req, resp: None, status_code=status)

    @pytest.mark.parametrize("status", ["4XX", 99])
    def test_what_is_no_status_of_responses_is_refused(self, status):
        with pytest.raises(ValueError, match="responses= is 200 to 599"):
            API().add_route("/", lambda req, resp: None, responses={status: Item})

    def test_each_status_may_have_a_type_of_its_own(self, client_factory):
        api = API()

        @api.get("/{status:int}", responses={404: Point, 202: Point, 410: "Gone", 409: None})
        def view(req, resp, *, status) -> Item:
            resp.status_code = status
            return {"x": 1, "name": "tea", "more": 2}

        client = client_factory(api)

        assert client.get("/200").json() == {"name": "tea", "price": 1.5}
        assert client.get("/404").json() == client.get("/202").json() == {"x": 1, "y": 0}
        assert client.get("/410").json() == {"x": 1, "name": "tea", "more": 2}


class TestPydantic:
    @pytest.fixture
    def models(self):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")

        class Thing(pydantic.BaseModel):
            name: str
            price: float = 1.5

        class Hidden(Thing):
            password: str = "hunter2"

        return Thing, Hidden

    @pytest.mark.parametrize("accept", ["application/json", "application/msgpack"])
    @pytest.mark.parametrize("annotated", [True, False])
    def test_names_are_those_that_requests_have(self, client_factory, models, accept, annotated):
        """What is sent can be sent back: fields by their alias."""
        import pydantic

        class Person(models[0]):
            full_name: str = pydantic.Field(alias="fullName")

        person = Person(name="a", fullName="Ada")
        api = API()

        async def view(req, resp):
            resp.media = person

        view.__annotations__["return"] = Person if annotated else None
        api.add_route("/", view)
        answer = client_factory(api).get("/", headers={"Accept": accept})

        read = msgspec.msgpack.decode if "msgpack" in accept else msgspec.json.decode
        assert read(answer.content) == {"name": "a", "price": 1.5, "fullName": "Ada"}

    @pytest.mark.parametrize("accept", ["application/json", "application/msgpack"])
    @pytest.mark.parametrize("shape", ["one", "list", "dict", "subclass"])
    def test_results_are_filtered(self, client_factory, models, accept, shape):
        thing, hidden = models
        result, annotation = {
            "one": (thing(name="tea"), thing),
            "subclass": (hidden(name="tea"), thing),
            "dict": ({"name": "tea", "password": "hunter2"}, thing),
            "list": ([hidden(name="tea")], list[thing]),
        }[shape]
        client = client_factory(api_with(result, annotation))

        answer = client.get("/", headers={"Accept": accept})

        decode = msgspec.msgpack.decode if "msgpack" in accept else msgspec.json.decode
        expected = {"name": "tea", "price": 1.5}
        assert decode(answer.content) == ([expected] if shape == "list" else expected)
        assert answer.headers["vary"] == "Accept"

    def test_a_field_that_was_set_to_what_it_cannot_be_is_a_breach(self, client_factory, models):
        thing, _ = models
        wrong = thing(name="tea")
        wrong.price = "much"

        assert client_factory(api_with(wrong, thing)).get("/").status_code == 500

    def test_an_after_hook_may_change_the_media(self, client_factory, models):
        thing, hidden = models
        api = API()

        @api.after_request
        def rename(req, resp):
            if isinstance(resp.media, dict):
                resp.media["name"] = "coffee"
            else:
                resp.media.name = "coffee"

        @api.get("/")
        def view(req, resp, *, secret: bool = False) -> thing:
            return (hidden if secret else thing)(name="tea")

        client = client_factory(api)

        assert client.get("/").json() == {"name": "coffee", "price": 1.5}
        assert client.get("/?secret=yes").json() == {"name": "coffee", "price": 1.5}

    def test_settings_of_json_hold(self, models):
        thing, _ = models

        async def view(req, resp) -> thing:
            return thing(name="thé")

        api = API(json_ensure_ascii=True)
        api.add_route("/", view)

        assert api.requests.get("/").content == b'{"name":"th\\u00e9","price":1.5}'

    def test_a_media_type_of_its_own_is_kept(self, client_factory, models):
        thing, _ = models
        api = API()

        @api.get("/")
        def view(req, resp) -> thing:
            resp.mimetype = "application/vnd.tea+json"
            return thing(name="tea")

        answer = client_factory(api).get("/")

        assert answer.json() == {"name": "tea", "price": 1.5}
