"""Intake: how bodies come to the views that ask for a model, whatever way they are sent."""

import msgspec
import pytest

from responder_core import API, Depends, Form, Limits, Query


class Item(msgspec.Struct):
    x: int


BODY = b'{"x": 7}'
LENGTH = (b"content-length", b"8")
TYPE = (b"content-type", b"application/json")
UTF_8 = (b"content-type", b"application/json;charset=utf-8")
SUFFIX = (b"content-type", b"application/x+json")


@pytest.fixture
def send(talk, http_scope):
    """Send a body in pieces with header fields, and give the status and the body of the answer."""

    def run(api, *pieces, fields=(TYPE, LENGTH)):
        scope = http_scope("POST", headers=[(b"host", b"example.org"), *fields])
        messages = [
            {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
            for index, piece in enumerate(pieces)
        ]
        sent = talk(api, scope, *messages, {"type": "http.disconnect"})
        return sent[0]["status"], sent[1]["body"]

    return run


class TestWays:
    """The quick way and the others give the same."""

    @pytest.mark.parametrize(
        ("pieces", "fields", "status"),
        [
            pytest.param([BODY], (TYPE, LENGTH), 200, id="usual"),
            pytest.param([BODY], (TYPE,), 200, id="no-length"),
            pytest.param([BODY], (LENGTH,), 200, id="no-type"),
            pytest.param([BODY[:3], BODY[3:]], (TYPE, LENGTH), 200, id="pieces"),
            pytest.param([b"", BODY], (TYPE, LENGTH), 200, id="late"),
            pytest.param([BODY], (TYPE, LENGTH, LENGTH), 200, id="twice-the-same"),
            pytest.param([BODY], (TYPE, LENGTH, (b"content-length", b"9")), 400, id="twice"),
            pytest.param([BODY], (TYPE, (b"content-length", b"x")), 400, id="no-number"),
            pytest.param([BODY], (TYPE, (b"content-length", b"99999999999")), 413, id="long"),
            pytest.param([BODY], (TYPE, (b"content-length", b"2000000")), 413, id="longer"),
            pytest.param([BODY], (TYPE, LENGTH, (b"content-encoding", b"gzip")), 415, id="coded"),
            pytest.param(
                [BODY],
                ((b"content-type", b"application/json;charset=utf-8"), LENGTH),
                200,
                id="utf-8",
            ),
            pytest.param(
                ['{"x": 7}'.encode("utf-16")],
                ((b"content-type", b"application/json;charset=utf-16"),),
                200,
                id="utf-16",
            ),
            pytest.param(
                [BODY], ((b"content-type", b"application/x+json"), LENGTH), 200, id="suffix"
            ),
            pytest.param([b""], (TYPE, (b"content-length", b"0")), 422, id="empty"),
            pytest.param([b"{"], (TYPE, (b"content-length", b"1")), 400, id="broken"),
            pytest.param([b'{"x":NaN}'], (TYPE, (b"content-length", b"9")), 400, id="nan"),
        ],
    )
    @pytest.mark.parametrize("model", ["msgspec", "pydantic"])
    def test_a_body_is_read_or_refused(self, send, pieces, fields, status, model):
        kind = Item
        if model == "pydantic":
            pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
            kind = pydantic.create_model("Item", x=(float, ...))
        api = API(max_request_size=1_000_000)

        async def view(req, resp, *, item):
            resp.media = item.x

        view.__annotations__["item"] = kind
        api.add_route("/", view)

        found, body = send(api, *pieces, fields=fields)

        assert found == status
        if status == 200:
            assert float(body) == 7

    @pytest.mark.parametrize(("most", "status"), [(None, 200), (100, 413)])
    def test_a_length_is_refused_where_there_is_a_limit(self, send, most, status):
        api = API(max_request_size=most)

        @api.post("/")
        async def view(req, resp):
            resp.text = "not read"

        assert send(api, b"", fields=((b"content-length", b"9" * 15),))[0] == status

    @pytest.mark.parametrize(("sent", "status"), [(b'{"x": "a"}', 422), (b'{"x": 7}', 200)])
    def test_a_body_that_is_all_a_view_takes_is_checked(self, send, sent, status):
        api = API()

        @api.post("/")
        async def view(req, resp, *, item: Item):
            resp.media = item.x

        assert send(api, sent)[0] == status

    @pytest.mark.parametrize("model", ["msgspec", "pydantic"])
    @pytest.mark.parametrize("where", ["app", "route", None])
    def test_a_name_that_occurs_twice_is_refused_where_that_is_asked_for(self, send, model, where):
        kind = Item
        if model == "pydantic":
            pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
            kind = pydantic.create_model("Item", x=(int, ...))
        limits = {"limits": Limits(unique_names=True)}
        api = API(**(limits if where == "app" else {}))

        async def view(req, resp, *, item):
            resp.media = item.x

        view.__annotations__["item"] = kind
        api.add_route("/", view, **(limits if where == "route" else {}))

        assert send(api, b'{"x": 6, "y": {}}') == (200, b"6")
        status, body = send(api, b'{"x": 6, "x": 7}')
        assert status == (200 if where is None else 400)
        assert body == b"7" if where is None else b"same name twice" in body

    @pytest.mark.parametrize("model", ["msgspec", "pydantic"])
    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b'{"x": 7, "more": "NaN and Infinity"}', 200),
            (b'{"x": 7, "more": [[[]]]}', 200),
            (b'{"x": 7, "more": [[[[]]]]}', 400),
            (b'{"x": 7, "more": -Infinity}', 400),
            (b'{"x": 7, "more": NaN}', 400),
            (b'{"x": 7, "more": 12345678901}', 400),
            (b'{"x": 7, "more": 1234567890}', 200),
        ],
    )
    def test_what_no_model_asks_for_is_bounded_too(self, send, model, content, status):
        kind = Item
        if model == "pydantic":
            pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
            kind = pydantic.create_model("Item", x=(int, ...))
        api = API(limits=Limits(depth=4, digits=10))

        async def view(req, resp, *, item):
            resp.media = item.x

        view.__annotations__["item"] = kind
        api.add_route("/", view)

        assert send(api, content)[0] == status

    def test_a_client_that_leaves_is_answered_as_ever(self, talk, http_scope):
        api = API()

        @api.post("/")
        async def view(req, resp, *, item: Item):
            raise AssertionError

        scope = http_scope("POST", headers=[(b"host", b"example.org"), TYPE, LENGTH])
        sent = talk(api, scope, {"type": "http.disconnect"})

        assert sent[0]["status"] == 400

    @pytest.mark.parametrize("reader", ["before", "after", "view"])
    @pytest.mark.parametrize("how", ["content", "text", "media", "stream"])
    def test_the_body_is_there_for_others_too(self, send, reader, how):
        if (reader, how) == ("before", "stream"):
            pytest.skip("a stream leaves nothing for who comes later")
        api = API()
        seen = []

        async def read(req, resp):
            if how == "stream":
                seen.append(b"".join([piece async for piece in req.stream()]))
            elif how == "media":
                seen.append(await req.media())
            else:
                seen.append(await getattr(req, how))

        @api.post("/", **({} if reader == "view" else {reader: read}))
        async def view(req, resp, *, item: Item):
            if reader == "view":
                await read(req, resp)
            resp.media = item.x

        assert send(api, BODY) == (200, b"7")
        assert seen == [{"media": {"x": 7}, "text": BODY.decode()}.get(how, BODY)]

    def test_a_sync_view_gets_it_too(self, send):
        api = API()

        @api.post("/")
        def view(req, resp, *, item: Item):
            resp.media = [item.x, req.content_sync.decode()]

        assert send(api, BODY) == (200, b'[7,"{\\"x\\": 7}"]')

    def test_a_json_format_of_one_s_own_is_asked(self, send):
        from responder_core.formats.format import Format

        api = API()
        own = Format("json", ("application/json",), decode=lambda content: {"x": 1}, encode=bytes)
        api.formats["json"] = own

        @api.post("/")
        async def view(req, resp, *, item: Item):
            resp.text = str(item.x)

        assert send(api, BODY) == (200, b"1")

    def test_a_guard_s_form_is_the_view_s_too(self, send):
        pytest.importorskip("python_multipart", reason="python-multipart is not installed")
        api = API()

        def csrf(token: str = Form()):
            return token

        @api.post("/", dependencies=[Depends(csrf)])
        async def view(req, resp, *, name: str = Form(), tags: list[str] = Form([])):
            resp.media = [name, tags]

        fields = ((b"content-type", b"application/x-www-form-urlencoded"),)
        found = send(api, b"token=t&name=a&tags=b&tags=c", fields=fields)

        assert found == (200, b'["a",["b","c"]]')


class TestMounts:
    def test_a_guard_that_reads_the_body_leaves_it_to_the_mounted_app(self, send):
        seen = []

        async def mounted(scope, receive, send):
            message = await receive()
            seen.append(message["body"])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        def guard(item: Item):
            seen.append(item.x)
            yield
            seen.append("closed")

        api = API(dependencies=[Depends(guard)])
        api.mount("", mounted)

        assert send(api, BODY)[0] == 204
        assert seen == [7, BODY, "closed"]
        assert send(api, b'{"x": "a"}', fields=(TYPE,))[0] == 422

    @pytest.mark.parametrize("reads", ["stream", "nothing"])
    def test_a_guard_that_used_the_body_up_is_answered(self, send, reads):
        async def mounted(scope, receive, send):
            message = await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": message["body"]})

        async def guard(req):
            if reads == "stream":
                async for _ in req.stream():
                    pass
            else:
                assert not req.is_multipart

        api = API(dependencies=[Depends(guard)])
        api.mount("", mounted)

        status, body = send(api, BODY)

        assert (status, body) == (200, BODY) if reads == "nothing" else status == 500

    def test_a_mounted_app_that_fails_is_seen_by_the_guard(self):
        seen = []

        async def mounted(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise KeyError

        def guard():
            try:
                yield
            except KeyError:
                seen.append("told")
                raise

        api = API(dependencies=[Depends(guard)])
        api.mount("/x", mounted)

        with pytest.raises(KeyError):
            api.test_client().get("/x")
        assert seen == ["told"]

    def test_a_guard_with_a_teardown_covers_what_no_route_answers(self, client_factory):
        seen = []

        def guard():
            yield
            seen.append("closed")

        client = client_factory(API(dependencies=[Depends(guard)]))

        assert client.get("/nowhere").status_code == 404
        assert seen == ["closed"]


class TestConnection:
    def test_request_and_response_without_anything_else(self, client_factory):
        api = API()

        class View:
            def __init__(self, request, response, q: int = Query(1)):
                self.made = (request.method, response, q)

            def on_get(self, req, resp):
                resp.media = [self.made[0], self.made[1] is resp, self.made[2]]

        api.add_route("/", View)

        assert client_factory(api).get("/?q=2").json() == ["GET", True, 2]
