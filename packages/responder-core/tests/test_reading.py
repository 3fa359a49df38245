"""What a request gives of its body, through an app: content, text, media, parts."""

from __future__ import annotations

import json

import pytest

from responder_core import API, Limits
from responder_core.formats.format import Format


@pytest.fixture
def post(client_factory):
    """Send a body to a view; give the answer."""

    def send(view, content=b"", kind=None, *, options=None, formats=None, **settings):
        api = API(**settings)
        api.formats.update(formats or {})
        api.add_route("/", view, methods=["POST"], **(options or {}))
        headers = {} if kind is None else {"content-type": kind}
        return client_factory(api).post("/", content=content, headers=headers)

    return send


async def echo(req, resp):
    resp.media = await req.media()


class TestText:
    @pytest.mark.parametrize(
        ("content", "kind", "text"),
        [
            (b"", None, ""),
            ("é".encode(), None, "é"),
            ("é".encode(), "text/plain", "é"),
            (b"\xe9", "text/plain; charset=latin-1", "é"),
        ],
    )
    def test_it_is_decoded_by_its_charset(self, post, content, kind, text):
        async def view(req, resp):
            resp.media = await req.text

        assert post(view, content, kind).json() == text

    @pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=nonsense"])
    def test_what_cannot_be_decoded_is_a_400(self, post, kind):
        async def view(req, resp):
            resp.media = await req.text

        assert post(view, b"\xff", kind).status_code == 400

    def test_the_encoding_is_told(self, post):
        async def view(req, resp):
            resp.media = [
                await req.encoding,
                await req.declared_encoding,
                await req.apparent_encoding,
            ]

        assert post(view, b"").json() == ["utf-8", None, "utf-8"]
        latin = ["iso-8859-1"] * 3
        assert post(view, b"", "text/plain; charset=ISO-8859-1").json() == latin

    def test_the_encoding_can_be_set(self, post):
        async def view(req, resp):
            req.encoding = "latin-1"
            resp.media = [await req.encoding, await req.declared_encoding, await req.text]

        assert post(view, b"\xe9", "text/plain; charset=utf-8").json() == ["latin-1", "utf-8", "é"]

    def test_only_to_a_charset(self, post):
        async def view(req, resp):
            with pytest.raises(ValueError, match=r"req\.encoding is the name of a charset, as"):
                req.encoding = "hex"

        assert post(view).status_code == 200


class TestMedia:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            pytest.param(b'{"id":1}', "application/json", id="json"),
            pytest.param(b'{"id":1}', "application/vnd.information+json", id="json-suffix"),
            pytest.param(b'{"id":1}', None, id="rfc9110-8.3-no-type"),
            pytest.param(
                '{"id":1}'.encode("utf-16"), "application/json; charset=utf-16", id="json-charset"
            ),
            pytest.param(b'{"id":1}', "application/json; charset=utf-8", id="json-utf-8"),
            pytest.param(b'{"id":1}', 'application/json; x="y"', id="json-parameter"),
            pytest.param(b"\x81\xa2id\x01", "application/msgpack", id="msgpack"),
            pytest.param(b"\x81\xa2id\x01", "application/x-msgpack; charset=x", id="x-msgpack"),
        ],
    )
    def test_it_is_read_by_its_type(self, post, content, kind):
        assert post(echo, content, kind).json() == {"id": 1}

    @pytest.mark.parametrize("kind", ["application/yaml", "text/x-yaml", "a/b+yaml"])
    def test_yaml_is_read_by_its_type(self, post, kind):
        pytest.importorskip("yaml", reason="YAML needs PyYAML")

        assert post(echo, b"id: 1", kind).json() == {"id": 1}
        latin = post(echo, b"id: \xe9", f"{kind}; charset=latin-1")
        assert latin.json() == {"id": "é"}

    def test_large_yaml_is_read_in_a_worker_thread(self, post, monkeypatch):
        pytest.importorskip("yaml", reason="YAML needs PyYAML")
        import threading

        from responder_core.formats import yaml

        threads = []
        original = yaml._build

        def build(*args):
            threads.append(threading.current_thread())
            return original(*args)

        monkeypatch.setattr(yaml, "_build", build)
        here = []

        async def view(req, resp):
            here.append(threading.current_thread())
            resp.media = len(await req.media())

        for size in (16 * 1024, 16 * 1024 + 1):
            assert post(view, b"a" * size, "application/yaml").json() == size
        assert threads[0] is here[0]
        assert threads[1] is not here[1]

    @pytest.mark.parametrize("kind", ["text/xml", "text/plain", "nonsense", "text/plain,a/json"])
    def test_a_type_that_is_not_understood_is_a_415_that_says_what_is(self, post, kind):
        """RFC 9110 §15.5.16."""
        answer = post(echo, b'{"id":1}', kind)

        assert answer.status_code == 415
        assert "application/json" in answer.headers["accept"].split(", ")
        assert answer.headers["accept"] in answer.json()["detail"]

    @pytest.mark.parametrize("kind", ["application/json", None, "application/msgpack"])
    def test_an_empty_body_is_a_400(self, post, kind):
        answer = post(echo, b"", kind)

        assert (answer.status_code, answer.json()["detail"]) == (400, "The request body is empty.")

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"{", "application/json"),
            (b"\xff", "application/json; charset=utf-16"),
            (b"[]", "application/json; charset=nonsense"),
            (b"\xc1", "application/msgpack"),
        ],
    )
    def test_a_broken_body_is_a_400(self, post, content, kind):
        assert post(echo, content, kind).status_code == 400

    def test_what_was_read_is_kept(self, post):
        async def view(req, resp):
            media = await req.media()
            resp.media = [
                await req.media() is media,
                await req.media("json") is media,
                await req.content == b'{"id":1}',
            ]

        assert post(view, b'{"id":1}').json() == [True, True, True]

    def test_a_format_can_be_asked_for(self, post):
        async def view(req, resp):
            resp.media = await req.media("json")

        assert post(view, b"[1]", "text/plain").json() == [1]

    def test_a_function_can_be_asked(self, post):
        async def later(req):
            return [req.method, len(await req.content)]

        async def view(req, resp):
            resp.media = [await req.media(later), await req.media(lambda req: req.method)]

        assert post(view, b"[1]").json() == [["POST", 3], "POST"]

    def test_an_unknown_format_lists_those_there_are(self, post):
        async def view(req, resp):
            with pytest.raises(ValueError, match=r"no format 'xml'; there are json, yaml"):
                await req.media("xml")

        assert post(view).status_code == 200

    @pytest.mark.parametrize("format", [7, b"json", ["json"]])
    def test_anything_else_is_a_type_error(self, post, format):
        async def view(req, resp):
            with pytest.raises(TypeError, match=r"takes the name of a format or a function, not"):
                await req.media(format)

        assert post(view).status_code == 200

    def test_fields_of_a_form_are_its_media(self, post):
        assert post(echo, b"a=1", "application/x-www-form-urlencoded").json() == {"a": "1"}

    def test_the_body_can_be_streamed(self, post):
        async def view(req, resp):
            resp.media = [len(chunk) async for chunk in req.stream()]

        assert post(view, b"abc").json() == [3]

    def test_the_messages_of_the_server_can_be_received(self, post):
        async def view(req, resp):
            message = await req.receive()
            resp.media = [message["type"], message["body"].decode()]

        assert post(view, b"abc").json() == ["http.request", "abc"]

    @pytest.mark.parametrize("opened", [False, True], ids=["before", "after"])
    def test_a_door_may_listen_meanwhile(self, post, opened):
        async def receive():
            return {"type": "http.request", "body": b"from elsewhere"}

        async def view(req, resp):
            if opened:
                await req.encoding
            req.receive_from(receive)
            resp.media = await req.text

        assert post(view, b"abc").json() == "from elsewhere"

    def test_a_form_is_read_once_and_closed(self, post):
        async def view(req, resp):
            await req.close()
            form = await req.read_form()
            again = await req.read_form()
            await req.close()
            resp.media = [form is again, form.files]

        assert post(view, b"a=1", "application/x-www-form-urlencoded").json() == [True, {}]

    def test_a_form_that_was_refused_is_closed_too(self, post):
        async def view(req, resp):
            try:
                await req.read_form()
            finally:
                await req.close()

        assert post(view, b"a=\xff", "application/x-www-form-urlencoded").status_code == 400

    def test_what_is_no_multipart_form_has_no_files(self, post):
        async def view(req, resp):
            resp.media = await req.media("files")

        for kind in ("application/x-www-form-urlencoded", "application/json", None):
            assert post(view, b"a=1", kind).json() == {}


class TestOwnFormats:
    def test_a_format_of_ones_own_is_read(self, post):
        csv = Format("csv", ("text/csv",), decode=lambda content: content.decode().split(","))

        assert post(echo, b"a,b", "text/csv", formats={"csv": csv}).json() == ["a", "b"]

    def test_it_may_be_text_of_any_charset(self, post):
        csv = Format("csv", ("text/csv",), decode=bytes.decode, is_text=True)
        answer = post(echo, b"\xe9", "text/csv; charset=latin-1", formats={"csv": csv})

        assert answer.json() == "é"

    @pytest.mark.parametrize("thread_size", [None, 0])
    def test_a_value_error_is_a_400(self, post, thread_size):
        number = Format("number", ("a/b",), decode=int, thread_size=thread_size)

        assert post(echo, b"12", "a/b", formats={"number": number}).json() == 12
        answer = post(echo, b"x", "a/b", formats={"number": number})
        assert answer.status_code == 400
        assert answer.json()["detail"] == "The body is no valid number."

    def test_one_that_is_only_written_is_not_understood(self, post):
        formats = {"csv": Format("csv", ("text/csv",), encode=bytes)}

        assert post(echo, b"a", "text/csv", formats=formats).status_code == 415

    def test_one_that_is_only_written_cannot_be_asked_for(self, post):
        async def view(req, resp):
            with pytest.raises(ValueError, match=r"format 'csv' has no decode=, so it cannot be"):
                await req.media("csv")

        formats = {"csv": Format("csv", ("text/csv",), encode=bytes)}
        assert post(view, b"a", formats=formats).status_code == 200

    def test_one_of_the_older_style_is_asked_with_the_request(self, post):
        async def shout(r, encode=False):
            return (await r.text).upper()

        for kind in ("application/shout", "application/x-shout", "text/shout", "a/b+shout"):
            assert post(echo, b"abc", kind, formats={"shout": shout}).json() == "ABC"

    def test_the_formats_are_at_hand(self, post):
        async def view(req, resp):
            resp.media = req.formats is req.api.formats

        assert post(view).json() is True


class TestLimits:
    @pytest.mark.parametrize("kind", ["application/json", "application/msgpack"])
    def test_what_is_parsed_has_a_limit_of_its_own(self, post, kind):
        limits = Limits(media_size=10)

        answer = post(echo, b"[" + b" " * 9 + b"]", kind, limits=limits)

        assert answer.status_code == 413
        assert answer.json()["detail"] == (
            "The request body is larger than 10 bytes, the limit that Limits(media_size=) sets."
        )

    def test_what_is_not_parsed_has_none_of_it(self, post):
        async def view(req, resp):
            resp.media = [len(await req.content), len(await req.text)]

        assert post(view, bytes(11), limits=Limits(media_size=10)).json() == [11, 11]

    def test_a_route_may_have_its_own(self, post):
        options = {"limits": Limits(depth=1, media_size=10)}

        assert post(echo, b"[]", options=options).json() == []
        assert post(echo, b"[[]]", options=options).status_code == 400
        assert post(echo, b"[         ]", options=options).status_code == 413
        assert post(echo, b"[[]]").json() == [[]]

    def test_the_limits_are_told(self, post):
        async def view(req, resp):
            resp.media = req.limits.depth

        assert post(view, options={"limits": Limits(depth=7)}).json() == 7
        assert post(view, limits=Limits(depth=8)).json() == 8


class TestSync:
    def test_a_sync_view_reads_too(self, post):
        def view(req, resp):
            resp.media = [req.media_sync(), req.media_sync("json"), req.text_sync]
            resp.headers["x-size"] = str(len(req.content_sync))

        answer = post(view, b"[1]")

        assert answer.json() == [[1], [1], "[1]"]
        assert answer.headers["x-size"] == "3"

    def test_its_problems_are_answered(self, post):
        def view(req, resp):
            req.media_sync()

        assert post(view, b"[").status_code == 400

    @pytest.mark.parametrize(
        ("read", "advice"),
        [
            (lambda req: req.media_sync(), r"req\.media_sync\(\) .* await req\.media\(\)"),
            (lambda req: req.text_sync, r"req\.text_sync .* await req\.text"),
            (lambda req: req.content_sync, r"req\.content_sync .* await req\.content"),
        ],
        ids=["media", "text", "content"],
    )
    def test_elsewhere_it_says_what_to_write(self, post, read, advice):
        async def view(req, resp):
            with pytest.raises(RuntimeError, match=advice):
                read(req)

        assert post(view).status_code == 200


class TestMultipart:
    def test_parts_are_streamed(self, post):
        pytest.importorskip("python_multipart", reason="multipart forms need python-multipart")
        found = []

        async def view(req, resp):
            assert req.is_multipart
            async for part in req.multipart():
                found.append([part.name, part.filename, await part.read()])
            with pytest.raises(RuntimeError, match="was read as parts"):
                await req.content

        body = (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="/b"\r\n\r\n2\r\n--x--'
        )
        answer = post(view, body, "multipart/form-data; boundary=x")

        assert answer.status_code == 200
        assert found == [["a", None, b"1"], ["f", "b", b"2"]]

    def test_anything_else_is_a_415(self, post):
        async def view(req, resp):
            async for _ in req.multipart():
                pass

        answer = post(view, b"a=1", "application/x-www-form-urlencoded")

        assert answer.status_code == 415
        assert answer.headers["accept"] == "multipart/form-data"


def test_it_works_in_every_step_of_an_exchange(client_factory):
    """A hook reads the body; the view and an exception handler see the same."""
    api = API()
    seen = []

    @api.before_request()
    async def before(req, resp):
        seen.append(await req.media())

    @api.exception_handler(LookupError)
    async def handle(req, resp, exc):
        seen.append(await req.media())
        resp.media = seen

    @api.post("/")
    async def view(req, resp):
        raise LookupError

    answer = client_factory(api).post("/", json={"id": 1})

    assert json.loads(answer.content) == [{"id": 1}, {"id": 1}]
