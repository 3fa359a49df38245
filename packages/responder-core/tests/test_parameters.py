"""What a view's parameters are filled from, by its signature; seen from the client's side."""

import dataclasses
import datetime as dt
import decimal
import enum
import functools
import json
import sys
import uuid
from collections import abc
from typing import Annotated, Literal, Optional, TypedDict, Union

import msgspec
import pytest

from responder_core import (
    API,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Path,
    Query,
    Request,
    Response,
    UploadFile,
    ViewError,
    WebSocket,
)
from responder_core.formats.format import Format


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Item(msgspec.Struct):
    name: str
    price: float
    tags: list[str] = []


@dataclasses.dataclass
class Order:
    id: int
    items: list[Item]
    note: str | None = None


class Table(TypedDict):
    rows: int


class Filters(msgspec.Struct):
    q: str
    limit: int = 10
    tags: list[str] = []


def errors_of(answer):
    """The findings of a 422, each as where and what."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [
        (each.get("pointer") or f"{each['in']}:{each['parameter']}", each["detail"])
        for each in answer.json()["errors"]
    ]


def api_with(view, path="/", **options):
    api = API()
    api.add_route(path, view, **options)
    return api


class TestPath:
    @pytest.mark.parametrize(
        ("annotation", "text", "value"),
        [
            (int, "7", "7"),
            (int, "-7", "-7"),
            (int, "+7", "7"),
            (int, "007", "7"),
            (int, "9" * 18, "9" * 18),
            (int, "9" * 25, "9" * 25),
            (float, "1.5", "1.5"),
            (bool, "yes", "True"),
            (str, "a b", "'a b'"),
            (uuid.UUID, "12345678123456781234567812345678", None),
            (dt.date, "2026-11-21", "datetime.date(2026, 11, 21)"),
            (decimal.Decimal, "1.50", "Decimal('1.50')"),
            (Color, "blue", "<Color.BLUE: 'blue'>"),
            (Literal["a", "b"], "b", "'b'"),
            (Union[int, str], "x", "'x'"),
            (Annotated[int, Path(ge=1)], "1", "1"),
        ],
        ids=str,
    )
    def test_a_parameter_is_read_as_its_annotation(self, client_factory, annotation, text, value):
        async def view(req, resp, *, x):
            resp.text = repr(x)

        view.__annotations__["x"] = annotation

        answer = client_factory(api_with(view, "/{x}")).get(f"/{text}")

        assert answer.status_code == 200
        assert answer.text == (value or repr(annotation(text)))

    @pytest.mark.parametrize(
        ("annotation", "text", "detail"),
        [
            (int, "x", "must be an integer"),
            (int, "1.5", "must be an integer"),
            (int, "٣", "must be an integer"),
            (int, "²", "must be an integer"),
            (int, "1_0", "must be an integer"),
            (int, "-", "must be an integer"),
            (int, "9" * 5000, "must be an integer"),
            (float, "nan", "must be a finite number"),
            (bool, "maybe", "must be true or false"),
            (uuid.UUID, "7", "is no valid UUID"),
            (dt.date, "tomorrow", "is no valid RFC3339 encoded date"),
            (Color, "green", "is none of the values allowed"),
            (Literal["a", "b"], "c", "is none of the values allowed"),
            (Annotated[int, Path(ge=1)], "0", "must be an integer >= 1"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_what_is_not_of_the_type_is_a_422_that_repeats_nothing(
        self, client_factory, annotation, text, detail
    ):
        def view(req, resp, *, x): ...

        view.__annotations__["x"] = annotation

        answer = client_factory(api_with(view, "/{x}")).get(f"/{text}")

        assert errors_of(answer) == [("path:x", detail)]

    def test_a_convertor_that_gives_the_type_already_is_enough(self, client_factory):
        def view(req, resp, *, id: int):
            resp.media = [id]

        assert client_factory(api_with(view, "/{id:int}")).get("/7").json() == [7]

    def test_a_program_s_own_convertor_is_taken_at_its_word(self, client_factory):
        class Pair:
            regex = "[0-9]+-[0-9]+"

            def convert(self, value):
                return tuple(map(int, value.split("-")))

            def to_string(self, value):
                return "-".join(map(str, value))

        api = API()
        api.add_convertor("pair", Pair())

        @api.route("/{pair:pair}")
        def view(req, resp, *, pair: tuple[int, int]):
            resp.media = list(pair)

        assert client_factory(api).get("/3-4").json() == [3, 4]

    def test_a_view_of_all_keywords_gets_the_others_as_the_path_has_them(self, client_factory):
        def view(req, resp, *, a: int, **rest):
            resp.media = [a, rest]

        assert client_factory(api_with(view, "/{a}/{b}")).get("/1/2").json() == [1, {"b": "2"}]


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=tea", ["tea", 10, None, []]),
            ("q=&limit=5", ["", 5, None, []]),
            ("q=a&q=b&flag=on", ["b", 10, True, []]),
            ("q=a&tag=x&tag=y", ["a", 10, None, ["x", "y"]]),
        ],
    )
    def test_parameters_are_read_by_name(self, client_factory, query, found):
        def view(
            req,
            resp,
            *,
            q: str,
            limit: int = 10,
            flag: bool | None = None,
            tags: list[str] = Query([], alias="tag"),
        ):
            resp.media = [q, limit, flag, tags]

        assert client_factory(api_with(view)).get(f"/?{query}").json() == found

    def test_every_fault_is_told_at_once(self, client_factory):
        def view(req, resp, *, q: str, limit: int = Query(10, le=100), x: list[int] = Query()): ...

        answer = client_factory(api_with(view)).get("/?limit=1000&x=1&x=y")

        assert errors_of(answer) == [
            ("query:q", "is required"),
            ("query:limit", "must be an integer <= 100"),
            ("#/query/x/1", "must be an integer"),
        ]

    @pytest.mark.parametrize(
        "parameter",
        [Query(), Query(Filters)],
        ids=["annotated", "given"],
    )
    def test_a_model_takes_them_all(self, client_factory, parameter):
        def view(req, resp, *, filters=parameter):
            resp.media = filters

        if parameter.default is ...:
            view.__annotations__["filters"] = Filters
        client = client_factory(api_with(view))

        answer = client.get("/?q=tea&limit=3&tags=a&tags=b&other=1")

        assert answer.json() == {"q": "tea", "limit": 3, "tags": ["a", "b"]}
        assert errors_of(client.get("/?limit=x")) == [("query:limit", "must be an integer")]
        assert errors_of(client.get("/")) == [("query:q", "is required")]

    @pytest.mark.parametrize("text", ["null", "NULL"])
    @pytest.mark.parametrize(
        ("annotation", "status"),
        [
            (int | None, 422),
            (Color | None, 422),
            (dt.date | None, 422),
            (str | None, 200),
        ],
        ids=str,
    )
    def test_no_text_stands_for_none(self, client_factory, annotation, status, text):
        def view(req, resp, *, x=None):
            resp.media = [x is None, str(getattr(x, "value", x))]

        view.__annotations__["x"] = annotation
        answer = client_factory(api_with(view)).get(f"/?x={text}")

        assert answer.status_code == status
        if status == 200:
            assert answer.json() == [False, text]

    def test_no_text_stands_for_none_in_a_model(self, client_factory):
        class Search(msgspec.Struct):
            page: int | None = None

        def view(req, resp, *, search: Search = Query()): ...

        answer = client_factory(api_with(view)).get("/?page=null")

        assert [where for where, _ in errors_of(answer)] == ["query:page"]

    def test_a_default_factory_is_called_each_time(self, client_factory):
        made = iter([1, 2])

        def view(req, resp, *, x: int = Query(default_factory=lambda: next(made))):
            resp.media = x

        client = client_factory(api_with(view))

        assert [client.get("/").json(), client.get("/?x=9").json(), client.get("/").json()] == [
            1,
            9,
            2,
        ]

    @pytest.mark.parametrize(
        ("options", "text", "detail"),
        [
            ({"min_length": 3}, "ab", "must be a string of length >= 3"),
            ({"max_length": 1}, "ab", "must be a string of length <= 1"),
            ({"pattern": "^a$"}, "b", "must be a string matching regex '^a$'"),
        ],
    )
    def test_texts_are_bound(self, client_factory, options, text, detail):
        def view(req, resp, *, q: str | None = Query(None, **options)): ...

        client = client_factory(api_with(view))

        assert client.get("/").status_code == 200
        [(where, what)] = errors_of(client.get(f"/?q={text}"))
        assert where == "query:q"
        assert what.startswith(detail)


class TestHeadersAndCookies:
    def test_header_fields_are_read_by_the_name_with_hyphens(self, client_factory):
        def view(req, resp, *, x_token: Annotated[int, Header()], many: list[str] = Header([])):
            resp.media = [x_token, many]

        client = client_factory(api_with(view))

        answer = client.get("/", headers=[("X-Token", "7"), ("Many", "a"), ("Many", "b")])
        assert answer.json() == [7, ["a", "b"]]
        assert errors_of(client.get("/")) == [("header:x-token", "is required")]

    def test_a_model_of_header_fields(self, client_factory):
        class Fields(msgspec.Struct):
            x_token: int
            user_agent: str = ""

        def view(req, resp, *, fields: Fields = Header()):
            resp.media = fields

        client = client_factory(api_with(view))

        answer = client.get("/", headers={"X-Token": "7", "User-Agent": "me"})
        assert answer.json() == {"x_token": 7, "user_agent": "me"}
        answer = client.get("/", headers={"X-Token": "seven"})
        assert errors_of(answer) == [("header:x-token", "must be an integer")]

    def test_cookies(self, client_factory):
        def view(req, resp, *, theme: Literal["light", "dark"] = Cookie("light")):
            resp.text = theme

        client = client_factory(api_with(view))

        assert client.get("/").text == "light"
        assert client.get("/", headers={"Cookie": "theme=dark"}).text == "dark"
        answer = client.get("/", headers={"Cookie": "theme=secret"})
        assert errors_of(answer) == [("cookie:theme", "is none of the values allowed")]
        assert "secret" not in answer.text

    def test_a_model_of_cookies(self, client_factory):
        def view(req, resp, *, jar: Optional[Filters] = Cookie(None)):
            resp.media = jar

        client = client_factory(api_with(view))

        assert client.get("/").json() is None
        assert client.get("/", headers={"Cookie": "q=a; limit=2"}).json()["limit"] == 2


class TestBody:
    @pytest.mark.parametrize(
        ("annotation", "sent"),
        [
            (Item, {"name": "tea", "price": 1.5, "tags": ["hot"]}),
            (Order, {"id": 1, "items": [{"name": "a", "price": 2, "tags": []}], "note": None}),
            (Table, {"rows": 3}),
            (list[Item], [{"name": "a", "price": 2, "tags": []}]),
            (Item | None, {"name": "a", "price": 2, "tags": []}),
            (dict[str, Item], {"x": {"name": "a", "price": 2, "tags": []}}),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_json_is_read_as_the_model(self, client_factory, annotation, sent, kind):
        def view(req, resp, *, body):
            resp.media = body

        async def view_async(req, resp, *, body):
            resp.media = body

        chosen = view if kind == "sync" else view_async
        chosen.__annotations__["body"] = annotation

        answer = client_factory(api_with(chosen)).post("/", json=sent)

        assert answer.status_code == 200
        assert answer.json() == sent

    @pytest.mark.parametrize(
        ("number", "found"),
        [
            ("5.0", 5),
            ("-5.00", -5),
            ("5e2", 500),
            ("1.5E+1", 15),
            ("0.0", 0),
            ("5.5", None),
            ("1e-1", None),
            ("1e300", None),
            ('"5.0"', None),
        ],
    )
    def test_a_number_without_a_fraction_is_an_integer(self, client_factory, number, found):
        """As JSON Schema has it (2020-12, core §4.2.3); texts are left alone."""

        class Cup(msgspec.Struct):
            count: int
            price: decimal.Decimal
            note: str

        def view(req, resp, *, cup: Cup):
            resp.media = [cup.count, str(cup.price), cup.note]

        content = f'{{"note": "1.0 \\"2.0", "price": 1.50, "count": {number}}}'
        answer = client_factory(api_with(view)).post("/", content=content)

        if found is None:
            assert errors_of(answer) == [("#/body/count", "must be an integer")]
        else:
            assert answer.json() == [found, "1.50", '1.0 "2.0']

    def test_models_of_attrs_and_pydantic(self, client_factory):
        attrs = pytest.importorskip("attrs", reason="attrs is not installed")
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        point = attrs.make_class("Point", {"x": attrs.field(type=int)})
        model = pydantic.create_model("Model", x=(int, ...))

        for each in (point, model):

            def view(req, resp, *, body):
                assert isinstance(body, view.__annotations__["body"])
                resp.media = body

            view.__annotations__["body"] = each
            client = client_factory(api_with(view))

            assert client.post("/", json={"x": 3}).json() == {"x": 3}
            [(where, _)] = errors_of(client.post("/", json={"x": "three"}))
            assert where == "#/body/x"

    @pytest.mark.parametrize(
        ("content", "errors"),
        [
            (b'{"id": "x", "items": []}', [("#/body/id", "must be an integer")]),
            (b'{"items": []}', [("#/body/id", "is required")]),
            (
                b'{"id": 1, "items": [{"name": "a"}]}',
                [("#/body/items/0/price", "is required")],
            ),
            (
                b'{"id": 1, "items": [{"name": "a", "price": "1"}]}',
                [("#/body/items/0/price", "must be a number")],
            ),
            (b"[]", [("#/body", "must be an object")]),
            (b"null", [("#/body", "must be an object")]),
            (b"", [("#/body", "is required")]),
        ],
    )
    def test_what_is_not_of_the_model_is_a_422_with_its_place(
        self, client_factory, content, errors
    ):
        def view(req, resp, *, order: Order): ...

        answer = client_factory(api_with(view)).post("/", content=content)

        assert errors_of(answer) == errors

    @pytest.mark.parametrize(
        ("content", "kind", "status"),
        [
            (b"{", "application/json", 400),
            (b'{"rows": NaN}', "application/json", 400),
            (b'{"rows": 1}', "text/plain", 415),
            (b'{"rows": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json", 400),
            (b'{"rows": ' + b"9" * 5000 + b"}", "application/json", 400),
            (b"\xff\xfe", "application/json", 400),
        ],
    )
    def test_what_cannot_be_read_is_refused_as_from_media(
        self, client_factory, content, kind, status
    ):
        def view(req, resp, *, table: Table): ...

        answer = client_factory(api_with(view)).post(
            "/", content=content, headers={"Content-Type": kind}
        )

        assert answer.status_code == status

    @pytest.mark.parametrize("content", [b'\xef\xbb\xbf{"rows": 1}', b'{"rows": 1, "more": 2}'])
    def test_what_does_no_harm_is_read(self, client_factory, content):
        def view(req, resp, *, table: Table):
            resp.media = table

        assert client_factory(api_with(view)).post("/", content=content).json() == {"rows": 1}

    def test_other_formats_are_read_as_the_model_too(self, client_factory):
        def view(req, resp, *, filters: Filters):
            resp.media = filters

        client = client_factory(api_with(view))
        form = client.post(
            "/",
            content="q=a&limit=3&tags=x&tags=y",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        packed = client.post(
            "/",
            content=msgspec.msgpack.encode({"q": "a", "limit": 3, "tags": ["x", "y"]}),
            headers={"Content-Type": "application/msgpack"},
        )

        assert form.json() == packed.json() == {"q": "a", "limit": 3, "tags": ["x", "y"]}

    def test_a_format_of_the_program_s_own_is_read_as_the_model_too(self, client_factory):
        async def view(req, resp, *, table: Table):
            resp.media = table

        api = api_with(view)
        own = Format("json", ("application/json",), decode=json.loads, encode=msgspec.json.encode)
        api.formats["json"] = own
        client = client_factory(api)

        assert client.post("/", json={"rows": 1}).json() == {"rows": 1}
        [(place, _)] = errors_of(client.post("/", json={"rows": "many"}))
        assert place == "#/body/rows"

    def test_an_optional_body_may_be_absent(self, client_factory):
        def view(req, resp, *, item: Item | None = None):
            resp.media = item

        client = client_factory(api_with(view))

        assert client.get("/").json() is None
        assert client.post("/", headers={"Content-Type": "application/msgpack"}).json() is None

    def test_the_words_of_a_model_s_own_check_are_told(self, client_factory):
        class Even(msgspec.Struct):
            number: int

            def __post_init__(self):
                if self.number % 2:
                    raise ValueError("must be even")

        def view(req, resp, *, even: Even): ...

        answer = client_factory(api_with(view)).post("/", json={"number": 3})

        assert errors_of(answer) == [("#/body", "must be even")]


class TestForms:
    @pytest.mark.parametrize("many", [False, True], ids=["one", "list"])
    def test_an_upload_is_a_file_of_the_form_without_a_marker(self, client_factory, many):
        async def view(req, resp, *, avatar):
            files = avatar if many else [avatar]
            resp.media = [(await each.read()).decode() for each in files]

        view.__annotations__["avatar"] = list[UploadFile] if many else UploadFile

        answer = client_factory(api_with(view)).post("/", files={"avatar": ("a.txt", b"Hi")})

        assert answer.json() == ["Hi"]

    @pytest.fixture(autouse=True)
    def _multipart(self):
        pytest.importorskip("python_multipart", reason="python-multipart is not installed")

    def test_fields_and_files(self, client_factory):
        async def view(
            req,
            resp,
            *,
            name: str = Form(),
            age: int | None = Form(None),
            avatar: UploadFile | None = File(None),
            raw: bytes | None = File(None),
            many: list[UploadFile] = File([]),
        ):
            resp.media = {
                "name": name,
                "age": age,
                "avatar": avatar and (await avatar.read()).decode(),
                "raw": raw and raw.decode(),
                "many": [each.filename for each in many],
            }

        client = client_factory(api_with(view))

        answer = client.post(
            "/",
            data={"name": "Ada", "age": "36"},
            files=[
                ("avatar", ("a.png", b"one")),
                ("raw", ("b.png", b"two")),
                ("many", ("c.png", b"3")),
                ("many", ("d.png", b"4")),
            ],
        )
        assert answer.json() == {
            "name": "Ada",
            "age": 36,
            "avatar": "one",
            "raw": "two",
            "many": ["c.png", "d.png"],
        }

    def test_an_input_that_was_left_empty_is_absent_unless_it_is_text(self, client_factory):
        def view(req, resp, *, name: str = Form(), age: int | None = Form(None)):
            resp.media = [name, age]

        client = client_factory(api_with(view))

        assert client.post("/", data={"name": "", "age": ""}).json() == ["", None]

    def test_faults_of_a_form_are_in_the_body(self, client_factory):
        def view(
            req, resp, *, name: str = Form(), age: int = Form(ge=18), file: bytes = File()
        ): ...

        answer = client_factory(api_with(view)).post("/", data={"age": "17"})

        assert errors_of(answer) == [
            ("#/body/name", "is required"),
            ("#/body/age", "must be an integer >= 18"),
            ("#/body/file", "is required"),
        ]

    def test_a_model_takes_the_whole_form(self, client_factory):
        def view(req, resp, *, filters: Filters = Form()):
            resp.media = filters

        client = client_factory(api_with(view))

        assert client.post("/", data={"q": "a", "tags": ["x", "y"]}).json()["tags"] == ["x", "y"]
        assert errors_of(client.post("/", data={"q": "a", "limit": "x"})) == [
            ("#/body/limit", "must be an integer")
        ]

    def test_json_where_a_form_is_asked_for_is_a_415(self, client_factory):
        def view(req, resp, *, name: str = Form()): ...

        assert client_factory(api_with(view)).post("/", json={"name": "a"}).status_code == 415


def other(req, resp, *, x): ...


def provide():
    return "provided"


class TestRefused:
    """What cannot work is an error at registration that names the view and what to write."""

    @pytest.mark.parametrize(
        ("annotations", "default", "message"),
        [
            pytest.param(
                {"x": list[int]}, None, r"'x' is list\[int\].*mark it with Query", id="list"
            ),
            pytest.param({"x": dict[str, int]}, None, "query or from the body", id="dict"),
            pytest.param({"x": object}, None, "nothing in a request is; mark it", id="object"),
            pytest.param({"x": "Missing"}, None, "'Missing' of parameter 'x'", id="name"),
            pytest.param({}, None, r"comes from nowhere; write \{x\}", id="nothing"),
            pytest.param(
                {"x": Annotated[int, Query()]}, Header(), "marked twice; leave one", id="twice"
            ),
            pytest.param({"x": int}, Path(), r"Path\(\), and the path has none", id="path"),
            pytest.param({"x": int}, Query(pattern="a"), "cannot be read: .*pattern", id="pattern"),
            pytest.param({"x": int}, File(), "is a file; annotate UploadFile", id="file"),
            pytest.param({}, Depends(), r"Depends\(\) without a provider", id="depends"),
        ],
    )
    def test_a_parameter(self, annotations, default, message):
        view = (lambda req, resp, *, x: None) if default is None else None
        if view is None:

            def view(req, resp, *, x=default): ...

        view.__annotations__.update(annotations)

        with pytest.raises(ViewError, match=message) as caught:
            API().add_route("/", view)

        assert "test_parameters.py:" in str(caught.value)

    @pytest.mark.parametrize(
        ("annotations", "message"),
        [
            ({"x": Item, "y": Item}, "'x' and 'y' from the body"),
            ({"x": Item, "y": Annotated[str, Form()]}, "'y' from a form, which is the body too"),
        ],
    )
    def test_two_bodies(self, annotations, message):
        def view(req, resp, *, x, y): ...

        view.__annotations__.update(annotations)

        with pytest.raises(ViewError, match=message):
            API().add_route("/", view)

    @pytest.mark.parametrize("methods", [["GET"], ["GET", "HEAD"]])
    def test_a_body_where_there_is_none(self, methods):
        def view(req, resp, *, item: Item): ...

        with pytest.raises(ViewError, match=r"answers GET.*mark it with Query\(\), or answer POST"):
            API().add_route("/", view, methods=methods)

    @pytest.mark.parametrize(
        ("path", "annotation", "message"),
        [
            ("/{x:int}", str, "write x: int"),
            ("/{x}", list[int], "one segment of the path"),
            ("/{x}", Item, "one segment of the path"),
            ("/{x}", Annotated[int, Query()], "a parameter of the path, and marked"),
            ("/{x}", Annotated[int, Path(alias="y")], "neither a default nor an alias"),
        ],
    )
    def test_a_parameter_of_the_path(self, path, annotation, message):
        def view(req, resp, *, x): ...

        view.__annotations__["x"] = annotation

        with pytest.raises(ViewError, match=message):
            API().add_route(path, view)

    @pytest.mark.parametrize(
        ("annotation", "message"),
        [
            (Request, "is annotated as a request, and this is a WebSocket"),
            (Response, r"is a response, which a WebSocket has not; take \(ws\)"),
        ],
    )
    def test_a_request_or_a_response_of_a_websocket(self, annotation, message):
        async def view(ws, *, x): ...

        view.__annotations__["x"] = annotation

        with pytest.raises(ViewError, match=message):
            API().websocket_route("/")(view)

    def test_a_websocket_of_a_request(self):
        def view(req, resp, *, x: WebSocket): ...

        with pytest.raises(ViewError, match="annotated as a WebSocket, and this is a request"):
            API().add_route("/", view)

    @pytest.mark.parametrize(
        "view",
        [lambda item, q=Query(): None, lambda req, item=Depends(provide): None],
        ids=["query", "depends"],
    )
    def test_a_view_that_leaves_out_request_and_response(self, view):
        with pytest.raises(ViewError, match="where the framework passes request and response"):
            API().add_route("/", view)

    def test_a_view_of_a_websocket_that_cannot_be_called(self):
        async def view(): ...

        with pytest.raises(ViewError, match=r"cannot be called: .*; write \(ws\)"):
            API().websocket_route("/")(view)

    def test_a_view_that_takes_a_model_first(self):
        def view(item: Item, q: str): ...

        with pytest.raises(ViewError, match=r"takes item: .*Item where the framework passes"):
            API().add_route("/", view)

    def test_a_parameter_by_position_alone(self):
        def view(req, resp, x: int, /): ...

        with pytest.raises(ViewError, match="gets it by name; leave out the '/'"):
            API().add_route("/", view)


class TestLeftAlone:
    def test_a_plain_default_is_the_view_s_own(self, client_factory):
        def view(req, resp, *, punctuation="!", cache: object = None):
            resp.text = punctuation

        assert client_factory(api_with(view)).get("/?punctuation=x").text == "!"

    def test_annotations_that_type_checkers_alone_know_disturb_nobody(self, client_factory):
        def view(req: "Unknown", resp: "Unknown", *, x: int):  # noqa: F821
            resp.media = x

        assert client_factory(api_with(view)).get("/?x=1").json() == 1

    @pytest.mark.parametrize("kind", ["class", "partial", "object"])
    def test_annotations_may_be_text(self, client_factory, kind):
        """As ``from __future__ import annotations`` leaves them."""

        class Colors:
            def __init__(self, color: "Color" = Query()):
                self.color = color

            def __call__(self, color: "Color" = Query()):
                return self.color if color is None else color

        def function(unused, color: "Color" = Query()):
            return color

        provider = {
            "class": Colors,
            "partial": functools.partial(function, None),
            "object": Colors(None),
        }[kind]

        def view(req, resp, *, found=Depends(provider)):
            resp.media = getattr(found, "color", found).name

        client = client_factory(api_with(view))

        assert client.get("/?color=red").json() == "RED"
        assert client.get("/?color=pink").status_code == 422

    def test_what_wraps_a_view_is_seen_through(self, client_factory):
        def decorate(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)

            return wrapper

        @decorate
        def view(req, resp, *, x: int):
            resp.media = x

        assert client_factory(api_with(view)).get("/?x=1").json() == 1

    @pytest.mark.parametrize("annotation", [abc.Callable[[], int], object], ids=str)
    def test_a_default_of_a_type_that_no_text_is_stays(self, client_factory, annotation):
        def view(req, resp, *, x=None):
            resp.media = x

        view.__annotations__["x"] = annotation

        assert client_factory(api_with(view)).get("/?x=1").json() is None

    def test_partials_and_callable_objects(self, client_factory):
        class View:
            async def __call__(self, req, resp, *, x: int):
                resp.media = x

        for view in (View(), functools.partial(View().__call__)):
            assert client_factory(api_with(view)).get("/?x=1").json() == 1


class TestModels:
    """What a model may be, and what it may not give away."""

    @pytest.mark.parametrize("how", ["body", "query"])
    def test_a_field_that_init_does_not_take_is_no_client_s_to_set(self, client_factory, how):
        @dataclasses.dataclass
        class User:
            name: str
            role: str = dataclasses.field(init=False, default="user")

        def view(req, resp, *, user=None):
            resp.media = user.role

        view.__annotations__["user"] = User if how == "body" else Annotated[User, Query()]
        try:
            api = api_with(view, methods=["POST"])
        except ViewError as error:
            assert "init=False" in str(error)  # noqa: PT017 - without pydantic it is refused
            return
        client = client_factory(api)

        answer = client.post("/?name=x&role=admin", json={"name": "x", "role": "admin"})

        assert answer.status_code == 422 or answer.json() == "user"

    def test_the_defaults_of_a_dataclass_are_in_what_is_read(self, client_factory):
        def view(req, resp, *, order: Order):
            resp.media = order

        answer = client_factory(api_with(view)).post("/", json={"id": 1, "items": []})

        assert answer.json() == {"id": 1, "items": [], "note": None}

    def test_several_functions_may_read_the_body(self, client_factory):
        def total(order: Order):
            return sum(item.price for item in order.items)

        def view(req, resp, *, order: Order, total=Depends(total)):
            resp.media = [order.id, total]

        client = client_factory(api_with(view))

        body = {"id": 7, "items": [{"name": "a", "price": 2}, {"name": "b", "price": 3}]}
        assert client.post("/", json=body).json() == [7, 5]
        errors = errors_of(client.post("/", json={"id": "x", "items": []}))
        assert set(errors) == {("#/body/id", "must be an integer")}

    def test_a_body_and_a_form_in_one_request_are_refused_at_start_up(self):
        def token(token: str = Form()): ...

        def view(req, resp, *, item: Item, token=Depends(token)): ...

        with pytest.raises(ViewError, match="from a form, which is the body too"):
            api_with(view).test_client().get("/")

    def test_a_flood_of_faults_is_told_in_part(self, client_factory):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        model = pydantic.create_model("Model", a=(int, ...), b=(int, ...))

        def view(req, resp, *, items): ...

        view.__annotations__["items"] = list[model]

        client = client_factory(api_with(view))

        assert errors_of(client.post("/", json=[{}] * 1000)) == [
            ("#/body", "has more than 200 faults")
        ]
        assert len(errors_of(client.post("/", json=[{}] * 80))) == 100

    @pytest.mark.parametrize(
        ("make", "sent", "place"),
        [
            (lambda p: p.create_model("M", j=(p.Json, ...)), {"j": "{"}, "#/body/j"),
            (
                lambda p: p.create_model("M", __config__={"extra": "forbid"}, a=(int, 1)),
                {"secret": 1},
                "#/body",
            ),
            (lambda p: p.create_model("M", z=(p.ByteSize, ...)), {"z": "5 secrets"}, "#/body/z"),
            (lambda p: p.create_model("M", u=(uuid.UUID, ...)), {"u": "secret"}, "#/body/u"),
            (
                lambda p: p.create_model("M", d=(dict[str, int], ...)),
                {"d": {"secret": "x"}},
                "#/body/d",
            ),
        ],
        ids=["json", "extra", "size", "uuid", "key"],
    )
    def test_pydantic_s_words_repeat_nothing(self, client_factory, make, sent, place):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")

        def view(req, resp, *, item): ...

        view.__annotations__["item"] = make(pydantic)

        answer = client_factory(api_with(view)).post("/", json=sent)

        [(where, _)] = errors_of(answer)
        assert where == place
        assert "secret" not in answer.text

    def test_a_tagged_union_of_pydantic_is_located(self, client_factory):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        cat = pydantic.create_model("Cat", kind=(Literal["cat"], ...), lives=(int, ...))
        dog = pydantic.create_model("Dog", kind=(Literal["dog"], ...), age=(int, ...))
        pet = Annotated[cat | dog, pydantic.Field(discriminator="kind")]
        owner = pydantic.create_model("Owner", pet=(pet, ...))

        def view(req, resp, *, owner): ...

        view.__annotations__["owner"] = owner
        client = client_factory(api_with(view))

        answer = client.post("/", json={"pet": {"kind": "dog", "age": "old"}})
        [(where, _)] = errors_of(answer)
        assert where == "#/body/pet/age"
        answer = client.post("/", json={"pet": {"kind": "secret"}})
        assert errors_of(answer) == [("#/body/pet", "is of none of the kinds allowed")]

    @pytest.mark.parametrize(
        ("alias", "sent", "place"),
        [
            (["number"], {"number": "x"}, "#/body/number"),
            (["n"], {"n": "x"}, "#/body/n"),
            (["n", "m"], {"n": {"m": "x"}}, "#/body/n/m"),
        ],
        ids=["name", "alias", "path"],
    )
    def test_a_fault_is_at_the_name_that_the_client_uses(self, client_factory, alias, sent, place):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        found = pydantic.AliasPath(*alias) if len(alias) > 1 else alias[0]
        field = pydantic.Field(validation_alias=found)
        model = pydantic.create_model("Model", number=(int, field))

        def view(req, resp, *, body): ...

        view.__annotations__["body"] = model

        [(where, _)] = errors_of(client_factory(api_with(view)).post("/", json=sent))
        assert where == place

    def test_a_fault_in_a_dataclass_of_pydantic_is_located(self, client_factory):
        pydantic = pytest.importorskip("pydantic.dataclasses", reason="pydantic is not installed")

        @pydantic.dataclass
        class Cup:
            size: int

        def view(req, resp, *, cups): ...

        view.__annotations__["cups"] = list[Cup]

        [(where, _)] = errors_of(client_factory(api_with(view)).post("/", json=[{"size": "x"}]))
        assert where == "#/body/0/size"

    def test_what_msgspec_cannot_tell_apart_is_pydantic_s_to_read(self, client_factory):
        pytest.importorskip("pydantic", reason="pydantic is not installed")

        @dataclasses.dataclass
        class Cup:
            size: int

        @dataclasses.dataclass
        class Pot:
            litres: float

        def view(req, resp, *, body):
            resp.text = type(body).__name__

        view.__annotations__["body"] = Cup | Pot
        client = client_factory(api_with(view))

        assert client.post("/", json={"size": 2}).text == "Cup"
        assert client.post("/", json={"litres": 1.5}).text == "Pot"
        assert client.post("/", json={"litres": "x"}).status_code == 422

    def test_what_msgspec_cannot_read_is_refused_without_pydantic(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pydantic", None)

        @dataclasses.dataclass
        class Cup:
            size: int
            made_of: str = dataclasses.field(init=False, default="clay")

        def view(req, resp, *, cup: Cup): ...

        with pytest.raises(ViewError, match=r"cannot be read: .*fields with init=False; use a"):
            API().add_route("/", view)

    def test_a_member_that_a_struct_does_not_know_is_not_repeated(self, client_factory):
        class Cup(msgspec.Struct, forbid_unknown_fields=True):
            size: int

        def view(req, resp, *, cup: Cup): ...

        answer = client_factory(api_with(view)).post("/", json={"size": 1, "secret": 2})

        assert errors_of(answer) == [("#/body", "has a member that is not known")]
        assert "secret" not in answer.text

    def test_a_field_of_a_table_that_need_not_be_there_is_a_list_all_the_same(self, client_factory):
        extensions = pytest.importorskip("typing_extensions", reason="needs typing_extensions")
        fields = {"q": str, "tags": extensions.NotRequired[list[str]]}
        Search = extensions.TypedDict("Search", fields)

        def view(req, resp, *, search=Query()):
            resp.media = search

        view.__annotations__["search"] = Search
        client = client_factory(api_with(view))

        assert client.get("/?q=a&tags=x&tags=y").json() == {"q": "a", "tags": ["x", "y"]}
        assert client.get("/?q=a").json() == {"q": "a"}

    def test_a_form_is_read_into_a_model_as_into_single_fields(self, client_factory):
        class Sent(msgspec.Struct):
            ok: bool = False
            age: int | None = None
            at: dt.time | None = None

        def view(req, resp, *, sent: Sent):
            resp.media = sent

        answer = client_factory(api_with(view)).post(
            "/",
            content="ok=on&age=&at=10:30",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

        assert answer.json() == {"ok": True, "age": None, "at": "10:30:00"}

    @pytest.mark.parametrize("text", ["253402300800", "99999999999999999999"])
    def test_a_moment_that_no_calendar_has_is_a_422(self, client_factory, text):
        def view(req, resp, *, at: dt.datetime): ...

        assert client_factory(api_with(view)).get(f"/?at={text}").status_code == 422

    @pytest.mark.parametrize("query", ["f=nan", "f=inf"])
    def test_a_number_in_a_model_is_finite(self, client_factory, query):
        class Numbers(msgspec.Struct):
            f: float

        def view(req, resp, *, numbers: Numbers = Query()): ...

        assert errors_of(client_factory(api_with(view)).get(f"/?{query}")) == [
            ("query:f", "must be a finite number")
        ]


class TestMarkersInAnnotations:
    @pytest.mark.parametrize(
        "annotation",
        [Annotated[int, Query()], Optional[Annotated[int, Query()]], int | None, list[int], Item],
        ids=str,
    )
    def test_a_view_that_leaves_out_request_and_response_is_refused(self, annotation):
        def view(q, page=1): ...

        view.__annotations__["q"] = annotation

        with pytest.raises(ViewError, match="where the framework passes request and response"):
            API().add_route("/", view)

    def test_a_marker_inside_of_a_union_counts(self, client_factory):
        def view(req, resp, *, x=None):
            resp.media = x

        view.__annotations__["x"] = Annotated[int, Header(ge=1)] | None
        client = client_factory(api_with(view))

        assert client.get("/?x=666").json() is None
        assert client.get("/", headers={"X": "5"}).json() == 5
        assert client.get("/", headers={"X": "0"}).status_code == 422

    @pytest.mark.parametrize("place", ["hook", "init", "optional"])
    def test_a_dependency_in_an_annotation_is_never_passed_over(self, client_factory, place):
        api = API()
        needed = Annotated[str, Depends(provide)]

        if place == "hook":

            def hook(req, user):
                req.state.user = user

            hook.__annotations__["user"] = needed
            api.before_request(hook)

            @api.get("/")
            def view(req, resp):
                return req.state.user

        elif place == "init":

            class View:
                def __init__(self, user=None):
                    self.user = user

                def on_get(self, req, resp):
                    return self.user

            View.__init__.__annotations__["user"] = needed
            api.add_route("/", View)
        else:

            def optional(req, resp, *, user=None):
                return user

            optional.__annotations__["user"] = Optional[needed]
            api.add_route("/", optional)

        assert client_factory(api).get("/?user=evil").text == "provided"

    @pytest.mark.parametrize("name_type", ["NewType", "TypeAliasType"])
    def test_a_named_type_is_what_it_stands_for(self, client_factory, name_type):
        """``type UserId = int`` makes a TypeAliasType (PEP 695)."""
        extensions = pytest.importorskip("typing_extensions", reason="needs typing_extensions")
        UserId = getattr(extensions, name_type)("UserId", int)

        def view(req, resp, *, id):
            resp.media = id

        view.__annotations__["id"] = UserId
        client = client_factory(api_with(view))

        assert client.get("/?id=7").json() == 7
        assert errors_of(client.get("/?id=x")) == [("query:id", "must be an integer")]

    def test_depends_alone_makes_one_of_the_class_that_is_annotated(self, client_factory):
        class Pages:
            def __init__(self, page: int = 1):
                self.offset = 10 * (page - 1)

        def view(req, resp, *, pages: Pages = Depends()):
            resp.media = pages.offset

        client = client_factory(api_with(view))

        assert client.get("/?page=3").json() == 20
        assert errors_of(client.get("/?page=x")) == [("query:page", "must be an integer")]

    def test_a_literal_without_a_marker_is_of_the_query(self, client_factory):
        def view(req, resp, *, size: Literal["s", "m"] = "s"):
            resp.media = size

        client = client_factory(api_with(view))

        assert client.get("/").json() == "s"
        assert client.get("/?size=m").json() == "m"
        [(where, _)] = errors_of(client.get("/?size=l"))
        assert where == "query:size"

    @pytest.mark.parametrize("place", ["annotated", "union"])
    def test_what_pydantic_s_field_says_holds(self, client_factory, place):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        at_least = Annotated[int, pydantic.Field(ge=3)]

        def view(req, resp, *, x=None):
            resp.media = x

        view.__annotations__["x"] = at_least if place == "annotated" else at_least | None
        client = client_factory(api_with(view))

        assert client.get("/?x=3").json() == 3
        [(where, _)] = errors_of(client.get("/?x=2"))
        assert where == "query:x"

    def test_what_a_partial_gave_is_no_client_s_to_give(self, client_factory):
        def view(req, resp, *, admin: bool = False, q: int = 1):
            resp.media = [admin, q]

        client = client_factory(api_with(functools.partial(view, admin=False)))

        assert client.get("/?admin=true&q=2").json() == [False, 2]

    def test_a_default_list_is_a_new_one_each_time(self, client_factory):
        def view(req, resp, *, tags: list[str] = Query([])):
            tags.append("x")
            resp.media = tags

        client = client_factory(api_with(view))

        assert client.get("/").json() == client.get("/").json() == ["x"]

    @pytest.mark.parametrize(
        ("convertor", "annotation", "text", "value"),
        [("int", float, "7", 7.0), ("int", bool, "1", True), ("uuid", str, "u", None)],
    )
    def test_a_convertor_s_value_is_read_as_its_text(
        self, client_factory, convertor, annotation, text, value
    ):
        def view(req, resp, *, x):
            resp.media = x

        view.__annotations__["x"] = annotation
        text = "12345678-1234-5678-1234-567812345678" if text == "u" else text

        answer = client_factory(api_with(view, f"/{{x:{convertor}}}")).get(f"/{text}")

        assert answer.json() == (text if value is None else value)

    @pytest.mark.parametrize("annotation", [dict[str, str], list[Item]], ids=str)
    def test_what_no_text_can_be_is_refused(self, annotation):
        def view(req, resp, *, x=Query()): ...

        view.__annotations__["x"] = annotation

        with pytest.raises(ViewError, match="which texts cannot be"):
            API().add_route("/", view)
