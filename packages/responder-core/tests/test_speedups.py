"""Speedups: whatever a request is, the steps in C answer as those in Python do."""

import gc
import json
import re
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from sys import getrefcount
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from responder_core import (
    API,
    Limits,
    Problem,
    Request,
    Response,
    assembly,
    door,
    encoding,
    error_documents,
    intake,
    reading,
    refusals,
    rsgi,
    rsgi_channel,
    speedups,
)
from responder_core.http import fields as field_values

pytestmark = pytest.mark.skipif(
    not speedups.is_built, reason="they are not built, or RESPONDER_SPEEDUPS=0 leaves them out"
)

HOST = (b"host", b"testserver")
_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Failing:
    regex = "[a-z]+"

    def convert(self, value):
        if value == "fail":
            raise LookupError(value)
        if value == "none":
            raise ValueError(value)
        return value.upper()

    def to_string(self, value):
        return value


class Own(Response):
    """A response with something else in place of a slot."""

    @property
    def status_code(self):
        return 203

    @status_code.setter
    def status_code(self, value): ...


class Counting(Request):
    __slots__ = ("count",)


class Tea(Struct):
    name: str
    of: list[Any] = []


class Cup(Struct):
    name: str
    of: list[int | str] = []


@dataclass
class Pot:
    name: str
    of: list[Any]


def make_api(**options):
    api = API(**options)
    api.add_convertor("word", Failing())

    @api.get("/text")
    async def text(req, resp):
        resp.text = "Grüße"

    @api.get("/html")
    async def html(req, resp):
        resp.html = "<p>tea"

    @api.get("/content")
    async def content(req, resp):
        resp.content = b"tea"

    @api.get("/media")
    async def media(req, resp):
        resp.media = {"tea": [1, 2.5, None]}

    @api.get("/long")
    async def long(req, resp):
        resp.text = "x" * 5000

    @api.get("/no-text")
    async def no_text(req, resp):
        resp.text = 7

    @api.get("/surrogate")
    async def surrogate(req, resp):
        resp.text = "\ud800"

    @api.get("/no-media")
    async def no_media(req, resp):
        resp.media = object()

    @api.get("/fields")
    async def fields(req, resp):
        resp.headers["X-Tea"] = "green"
        resp.set_cookie("tea", "green")
        resp.text = "tea"

    @api.get("/with/{name}/{size:int}")
    async def dressed(req, resp, *, name, size):
        resp.headers.update(DRESSES[name])
        resp.media = "x" * size

    @api.get("/text-with/{name}")
    async def dressed_text(req, resp, *, name):
        resp.headers.update(DRESSES[name])
        resp.text = "tea"

    @api.get("/mimetype")
    async def mimetype(req, resp):
        resp.mimetype = "text/csv"
        resp.text = "a,b"

    @api.get("/status/{code:int}")
    async def status(req, resp, *, code):
        resp.status_code = code
        resp.text = "told"

    @api.get("/number/{number:int}")
    @api.get("/number/{number:float}")
    async def number(req, resp, *, number):
        resp.text = repr(number)

    @api.get("/word/{word:word}")
    async def word(req, resp, *, word):
        resp.text = word

    @api.get("/{name}")
    async def name(req, resp, *, name):
        resp.media = {"name": name}

    @api.post("/struct")
    async def struct(req, resp, *, tea: Tea) -> Tea:
        return tea

    @api.post("/shape")
    async def shape(req, resp, *, cup: Cup) -> Cup:
        return cup

    @api.post("/dataclass")
    async def of_dataclass(req, resp, *, pot: Pot):
        resp.media = [pot.name, pot.of]

    @api.post("/bytes")
    async def of_bytes(req, resp):
        resp.text = repr(await req.content)

    @api.get("/problem")
    async def problem(req, resp):
        raise Problem(409, "It is there.")

    return api


DRESSES = {
    "one": {"X-Tea": "green"},
    "none": {},
    "many": {f"X-{number}": "tea" for number in range(20)},
    "vary": {"Vary": "Cookie"},
    "type": {"Content-Type": "application/yaml"},
    "length": {"Content-Length": "7", "X-Tea": "green"},
    "etag": {"X-Tea": "green", "ETag": '"tea"'},
}
PATHS = [
    *("/text", "/html", "/content", "/media", "/long", "/no-text", "/surrogate", "/no-media"),
    *("/fields", "/mimetype", "/status/200", "/status/201", "/status/204", "/status/299"),
    *("/status/700", "/number/7", "/number/7.5", "/number/x", "/number/²", "/number/" + "9" * 5000),
    *("/word/tea", "/word/fail", "/word/none", "/word/", "/tea", "/é", "/problem", "/", "", "tea"),
    *("/none/there", "/text/", "//text"),
    *(f"/with/{name}/{size}" for name in DRESSES for size in (7, 400, 3000)),
    *(f"/text-with/{name}" for name in DRESSES),
]
FIELDS = [
    [HOST],
    [],
    [HOST, HOST],
    [(b"host", b"a b")],
    [HOST, (b"accept", b"application/json")],
    [HOST, (b"accept", b"text/html, */*;q=0.1")],
    [HOST, (b"accept", b"application/yaml"), (b"accept", b"text/plain")],
    [HOST, (b"accept-encoding", b"gzip")],
    [HOST, (b"range", b"bytes=0-1")],
]
OPTIONS = {
    "plain": {},
    "no vary": {"auto_vary": False},
    "tagged": {"auto_etag": True},
    "own classes": {"request_class": Counting, "response_class": Own},
}


def do_nothing(api): ...


@pytest.fixture
def both(http_scope, run, monkeypatch, caplog):
    """The messages of an answer, by the steps in C, and by those in Python.

    The apps that answer are made once for each of their options, as most of the time goes there.
    """
    made = {}

    def find_api(steps, options, prepare):
        key = steps, repr(options), prepare
        if key not in made:
            made[key] = api = make_api(**options)
            prepare(api)
        return made[key]

    def ask(api, fields, scopes, body):
        async def main():
            found = []
            for scope in scopes:
                sent = []

                async def send(message):
                    sent.append(message)  # noqa: B023 - called before the next is made

                left = [{"type": "http.request", "body": body, "more_body": False}]
                left = list(body) if isinstance(body, list) else left

                async def receive():
                    return left.pop(0) if left else {"type": "http.disconnect"}  # noqa: B023

                await api({**scope, "headers": list(fields)}, receive, send)
                found.append([told(message) for message in sent])
            return found

        return run(main)

    def both(options, fields, scopes, body=b"", prepare=do_nothing, level="CRITICAL"):
        caplog.set_level(level, "responder")
        quick = ask(find_api("C", options, prepare), fields, scopes, body)
        with monkeypatch.context() as patch:
            patch.setattr(speedups, "_steps", None)
            patch.setattr(assembly, "send_whole", door._send_whole)
            # Made when their modules were imported.
            for module in (error_documents, refusals):
                patch.setattr(module, "join_values", field_values._join_values)
            for module in (encoding, error_documents):
                patch.setattr(module, "accept_field", error_documents._accept_field)
            for module in (intake, reading):
                patch.setattr(module, "announces_json", reading._announces_json)
            plain = ask(find_api("Python", options, prepare), fields, scopes, body)
        return quick, plain

    return both


def told(message):
    """A message, but for the order of its fields and the id of a problem, another each time."""
    body = _ID.sub(b"", message.get("body", b""))
    return {**message, "headers": sorted(message.get("headers", ())), "body": body}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("fields", FIELDS, ids=str)
def test_answers_are_the_same(both, http_scope, options, fields):
    scopes = [http_scope(path=path) for path in PATHS]
    scopes += [http_scope(method=method, path="/text") for method in ("HEAD", "POST", "BREW")]
    scopes += [{**http_scope(path="/at/text"), "root_path": "/at"}]
    # Twice, as what was found once is found in another way.
    quick, plain = both(options, fields, scopes * 2)

    for scope, ours, theirs in zip(scopes * 2, quick, plain, strict=True):
        assert ours == theirs, scope


JSON = (b"content-type", b"application/json")
BODIES = [
    b'{"name":"green","of":[]}',
    b'{"name":"green","of":[' + b"[" * 98 + b"]" * 98 + b"]}",
    b'{"name":"green","of":[' + b"[" * 99 + b"]" * 99 + b"]}",
    b'{"name":"Nana","of":["Infinity"]}',
    b'{"name":"green","of":[NaN]}',
    b'{"name":"green","of":[-Infinity]}',
    b'{"name":"green","of":[' + b"7" * 999 + b"]}",
    b'{"name":"green","of":[' + b"7" * 1001 + b"]}",
    b'{"name":"' + b"x" * 3000 + b'","of":[]}',
    b'\xef\xbb\xbf{"name":"green","of":[]}',
    b'{"name":"\xff","of":[]}',
    b'{"name":7,"of":[]}',
    b'{"name":"green",',
    b"",
]
BODY_FIELDS = [
    [JSON],
    [(b"content-type", b"text/json")],
    [(b"content-type", b"application/yaml"), JSON],
    [JSON, (b"content-type", b"application/yaml")],
    [JSON, (b"content-encoding", b"identity")],
    [JSON, (b"content-encoding", b"gzip")],
    [JSON, (b"accept", b"application/json")],
    [JSON, (b"accept", b"application/yaml")],
    [JSON, (b"accept", b"text/html"), (b"accept", b"application/yaml")],
    [],
]
LENGTHS = [b"%d", b"00%d", b"+%d", b"%d.0", b" %d", b"1%07d", b"", None]


@pytest.mark.parametrize("fields", BODY_FIELDS, ids=str)
@pytest.mark.parametrize("path", ["/struct", "/shape", "/dataclass", "/bytes"])
def test_bodies_are_read_and_answered_alike(both, http_scope, fields, path):
    for body in BODIES:
        sent = [HOST, *fields, (b"content-length", b"%d" % len(body))]
        quick, plain = both({}, sent, [http_scope(method="POST", path=path)] * 3, body)

        assert quick == plain, body


@pytest.mark.parametrize("told", LENGTHS)
def test_lengths_are_read_alike(both, http_scope, told):
    body = BODIES[0]
    fields = [HOST, JSON]
    if told is not None:
        fields.append((b"content-length", told % len(body) if b"d" in told else told))
    for sent in (fields, [*fields, *fields[2:]]):
        quick, plain = both({}, sent, [http_scope(method="POST", path="/struct")] * 2, body)

        assert quick == plain


HALF = len(BODIES[0]) // 2
MESSAGES = [
    [{"type": "http.request", "body": BODIES[0]}],
    [{"type": "http.request", "body": BODIES[0], "more_body": 0}],
    [{"type": "http.request", "body": BODIES[0], "more_body": None}],
    [
        {"type": "http.request", "body": BODIES[0][:HALF], "more_body": True},
        {"type": "http.request", "body": BODIES[0][HALF:]},
    ],
    [{"type": "http.request", "body": BODIES[0], "more_body": True}, {"type": "http.request"}],
    [{"type": "http.request"}],
    [{"type": "http.disconnect"}],
    [{"type": "http.request", "body": BODIES[5]}],
    [{"type": "http.request", "body": BODIES[-1]}],
]


@pytest.mark.parametrize("messages", MESSAGES, ids=str)
@pytest.mark.parametrize("options", [{}, {"request_class": Counting}], ids=str)
def test_messages_are_taken_alike(both, http_scope, messages, options):
    length = sum(len(each.get("body", b"")) for each in messages)
    sent = [HOST, JSON, (b"content-length", b"%d" % length)]

    quick, plain = both(options, sent, [http_scope(method="POST", path="/struct")] * 2, messages)

    assert quick == plain


@pytest.mark.parametrize(
    "limits",
    [
        Limits(depth=1),
        Limits(depth=10**30),
        Limits(digits=30),
        Limits(media_size=30),
        Limits(unique_names=True),
    ],
    ids=str,
)
def test_limits_are_the_same(both, http_scope, limits):
    for body in (*BODIES, b'{"name":"a","name":"b","of":[]}'):
        sent = [HOST, JSON, (b"content-length", b"%d" % len(body))]
        scopes = [http_scope(method="POST", path="/struct")] * 2
        quick, plain = both({"limits": limits}, sent, scopes, body)

        assert quick == plain, body


class Raw:
    """A request as granian describes it, and what it is answered with."""

    proto, http_version, scheme, query_string = "http", "1.1", "http", ""
    client, server, authority = "127.0.0.1:51234", "127.0.0.1:80", None

    def __init__(self, method, path, fields, body=b""):
        self.method, self.path, self.headers, self.body = method, path, self, body
        self.fields, self.sent = fields, []

    def items(self):
        return self.fields

    def keys(self):
        return [name for name, _ in self.fields]

    def get_all(self, key):
        return [value for name, value in self.fields if name == key]

    async def __call__(self):
        return self.body

    def response_bytes(self, status, headers, body):
        fields = [field for field in headers if field[0] != "x-request-id"]
        self.sent.append((status, sorted(fields), _ID.sub(b"", body)))


RAW_HOST = ("host", "testserver")
RAW_FIELDS = [
    [RAW_HOST],
    [],
    [RAW_HOST, RAW_HOST],
    [("host", "a b")],
    [RAW_HOST, ("accept", "application/json")],
    [RAW_HOST, ("accept", "text/html, */*;q=0.1")],
    [RAW_HOST, ("accept", "application/yaml"), ("accept", "text/plain")],
    [RAW_HOST, ("accept-encoding", "gzip")],
]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("fields", RAW_FIELDS, ids=str)
def test_requests_by_rsgi_are_answered_alike(by_rsgi, options, fields):
    asked = [("GET", path, fields) for path in PATHS if path.startswith("/")]
    asked += [(method, "/text", fields) for method in ("HEAD", "POST", "BREW")]
    body = BODIES[0]
    told = ("content-length", str(len(body)))
    asked += [
        ("POST", path, [*fields, ("content-type", "application/json"), told], body)
        for path in ("/struct", "/bytes")
    ]

    quick, plain = by_rsgi(options, asked * 2)

    for request, ours, theirs in zip(asked * 2, quick, plain, strict=True):
        assert ours == theirs, request
        assert len(ours) == 1


class Once(Mapping):
    """A mapping that fails the first time it is looked through."""

    def __init__(self):
        self.tried = []

    def __getitem__(self, key):
        return key

    def __len__(self):
        return 1

    def __iter__(self):
        self.tried.append(1)
        if len(self.tried) == 1:
            raise TypeError("not now")
        yield "tea"


class Swapping(Once):
    """One that puts other media in place of those that it is of."""

    def __init__(self, resp):
        self.resp = resp

    def __iter__(self):
        self.resp.media = {"other": 1}
        self.junk = [["tea"] * 40 for _ in range(50)]
        yield "tea"


class Word:
    """A convertor that fails the first time it is asked for each word."""

    regex = "[a-z]+"

    def __init__(self):
        self.asked = []

    def convert(self, value):
        self.asked.append(value)
        if self.asked.count(value) % 2:
            raise LookupError(value)
        return value

    def to_string(self, value):
        return value


def test_what_fails_is_not_tried_again(both, by_rsgi, http_scope):
    tried = []

    def prepare(api):
        word = Word()
        api.add_convertor("once", word)

        @api.get("/own-media")
        async def media(req, resp):
            resp.media = once = Once()
            tried.append(once.tried)

        @api.get("/once/{word:once}")
        async def once(req, resp, *, word):
            resp.text = word

    paths = ["/own-media", "/once/tea"]
    quick, plain = both({}, [HOST], [http_scope(path=path) for path in paths], prepare=prepare)
    assert quick == plain
    assert [sent[0]["status"] for sent in quick] == [500, 500]

    quick, plain = by_rsgi({}, [("GET", path, [RAW_HOST]) for path in paths], prepare)
    assert quick == plain
    assert [sent[0][0] for sent in quick] == [500, 500]
    assert tried == [[1]] * 4


def test_media_that_are_replaced_while_they_are_written_are_those_that_were(both, http_scope):
    def prepare(api):
        @api.get("/own-media")
        async def media(req, resp):
            resp.media = [Swapping(resp), *(f"leaf {number}" for number in range(30))]

    quick, plain = both({}, [HOST], [http_scope(path="/own-media")] * 3, prepare=prepare)

    assert quick == plain
    assert json.loads(quick[0][1]["body"])[-1] == "leaf 29"


def test_a_model_is_written_once(both, by_rsgi, http_scope):
    pydantic = pytest.importorskip("pydantic")
    written = []

    class Pot(pydantic.BaseModel):
        name: str

        @pydantic.field_serializer("name")
        def write(self, value):
            written.append(value)
            return value

    def prepare(api):
        @api.get("/pot")
        async def pot(req, resp) -> Pot:
            return Pot(name="green")

        @api.get("/field")
        async def field(req, resp) -> Pot:
            resp.headers["X-Tea"] = "green"
            return Pot(name="black")

    paths = ["/pot", "/field"]
    quick, plain = both({}, [HOST], [http_scope(path=path) for path in paths], prepare=prepare)
    assert quick == plain
    assert written == ["green", "black"] * 2

    quick, plain = by_rsgi({}, [("GET", path, [RAW_HOST]) for path in paths], prepare)
    assert quick == plain
    assert written == ["green", "black"] * 4


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_an_error_tells_the_view(both, http_scope, caplog, method):
    def prepare(api):
        @api.route("/set", methods=["GET", "POST"])
        async def brew(req, resp, *, size: int = 3):
            return {1, 2}

    both({}, [HOST], [http_scope(method=method, path="/set")], prepare=prepare, level="ERROR")

    told = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert len(told) == 2
    assert all("brew'" in each for each in told), told


@pytest.mark.parametrize("state", [{}, {"tea": "green"}], ids=str)
def test_what_a_lifespan_keeps_is_copied_for_each_request_by_rsgi(by_rsgi, state):
    def keep(api):
        api.rsgi_door.lifespan.state.update(state)

        @api.get("/state")
        async def tell(req, resp):
            resp.media = dict(req.scope["state"])
            req.scope["state"]["more"] = "tea"

    quick, plain = by_rsgi(
        {}, [("GET", "/state", [RAW_HOST, ("accept", "application/json")])] * 3, keep
    )

    assert quick == plain
    assert {sent[0][2] for sent in quick} == {msgspec.json.encode(state)}


@pytest.fixture
def by_rsgi(run, monkeypatch, caplog):
    """What requests over RSGI are answered with, by the steps in C, and by those in Python."""

    def ask(options, asked, prepare):
        api = make_api(**options)
        prepare(api)

        async def main():
            found = []
            for each in asked:
                raw = Raw(*each)
                await api.__rsgi__(raw, raw)
                found.append(raw.sent)
            return found

        return run(main)

    def both(options, asked, prepare=do_nothing):
        caplog.set_level("CRITICAL", "responder")
        quick = ask(options, asked, prepare)
        with monkeypatch.context() as patch:
            patch.setattr(speedups, "_steps", None)
            # Made when their modules were imported.
            patch.setattr(rsgi, "send_whole", door._send_whole)
            patch.setattr(rsgi, "answer_whole", rsgi_channel._answer_whole)
            for module in (rsgi, encoding, error_documents):
                patch.setattr(module, "accept_field", error_documents._accept_field)
            plain = ask(options, asked, prepare)
        return quick, plain

    return both


def test_models_of_pydantic_are_answered_alike(run, http_scope, monkeypatch):
    pydantic = pytest.importorskip("pydantic")

    class Cup(pydantic.BaseModel):
        name: str

    def make():
        api = API()

        @api.post("/cup")
        async def cup(req, resp, *, cup: Cup) -> Cup:
            return cup

        @api.post("/with")
        async def dressed(req, resp, *, cup: Cup) -> Cup:
            resp.headers["X-Tea"] = "green"
            return cup

        return api

    def ask(api, fields, path, body):
        async def main():
            sent = []

            async def send(message):
                sent.append(told(message))

            async def receive():
                return {"type": "http.request", "body": body}

            scope = http_scope(method="POST", path=path)
            length = (b"content-length", b"%d" % len(body))
            for _ in range(2):
                await api({**scope, "headers": [HOST, JSON, length, *fields]}, receive, send)
            return sent

        return run(main)

    for fields in ([], [(b"accept", b"application/json")], [(b"accept", b"application/yaml")]):
        for path in ("/cup", "/with"):
            for name in (b"green", b"NaN", b"x" * 400, b"x" * 5000):
                body = b'{"name":"%b"}' % name
                quick = ask(make(), fields, path, body)
                with monkeypatch.context() as patch:
                    patch.setattr(speedups, "_steps", None)
                    patch.setattr(encoding, "accept_field", error_documents._accept_field)
                    patch.setattr(intake, "announces_json", reading._announces_json)
                    plain = ask(make(), fields, path, body)

                assert quick == plain
                assert quick[0]["status"] == 200


def test_what_is_no_dictionary_is_served(both, http_scope):
    class Scope(dict):
        pass

    quick, plain = both({}, [HOST], [Scope(http_scope(path="/text"))])

    assert quick == plain
    assert quick[0][0]["status"] == 200


@pytest.mark.parametrize("place", ["convertor", "encoder"])
def test_an_interrupt_ends_the_request(run, http_scope, place):
    """Also one that would not come again."""
    waiting = []

    def interrupt(value):
        if waiting:
            raise waiting.pop()
        return "tea"

    class Interrupting(Failing):
        def convert(self, value):
            return interrupt(value)

    api = API(encoder=interrupt)
    api.add_convertor("word", Interrupting())

    @api.get("/encoder")
    async def encoder(req, resp):
        resp.media = object()

    @api.get("/at/{word:word}")
    async def convertor(req, resp, *, word): ...

    async def main():
        async def send(message): ...

        async def receive(): ...

        path = {"convertor": "/at/tea", "encoder": "/encoder"}[place]
        waiting.append(KeyboardInterrupt())
        try:
            await api({**http_scope(path=path), "headers": [HOST]}, receive, send)
        except KeyboardInterrupt:
            return "interrupted"

    # The first request finds what later ones look up.
    assert [run(main) for _ in range(3)] == ["interrupted"] * 3


@pytest.mark.parametrize("size", [10, 3000, 90_000])
def test_media_is_encoded_once(run, http_scope, size):
    calls = []

    def encoder(value):
        calls.append(value)
        return "x" * size

    api = API(encoder=encoder)

    @api.get("/media")
    async def media(req, resp):
        resp.media = object()

    async def main():
        sent = []

        async def send(message):
            sent.append(message)

        async def receive(): ...

        await api({**http_scope(path="/media"), "headers": [HOST]}, receive, send)
        return b"".join(each.get("body", b"") for each in sent)

    # The first request finds what later ones look up.
    assert [len(run(main)) for _ in range(3)] == [size + 2] * 3
    assert len(calls) == 3


def test_steps_neither_leak_nor_free_what_they_are_given(run, http_scope):
    api, counts = make_api(), []
    fields, path, body = [HOST], "/number/7", bytes(bytearray(BODIES[0]))
    length = (b"content-length", b"%d" % len(body))
    announced = [HOST, JSON, length]

    async def main():
        async def send(message): ...

        async def receive():
            return {"type": "http.request", "body": body}

        for _ in range(2000):
            await api({**http_scope(path=path), "headers": fields}, receive, send)
            await api({**http_scope(path="/status/201"), "headers": fields}, receive, send)
            for path_of_body in ("/struct", "/shape"):
                scope = http_scope(method="POST", path=path_of_body)
                await api({**scope, "headers": announced}, receive, send)
            known = (fields, path, body, HOST, *JSON, *length, announced)
            counts.append([getrefcount(each) for each in known])

    run(main)

    # What waits to be freed differs by a few; a fault would be one for each request.
    assert max(abs(last - first) for last, first in zip(counts[-1], counts[0], strict=True)) < 100


def test_an_app_is_freed(run, http_scope):
    async def main():
        api = make_api()

        async def send(message): ...

        async def receive(): ...

        await api({**http_scope(path="/text"), "headers": [HOST]}, receive, send)
        return weakref.ref(api)

    freed = run(main)
    gc.collect()

    assert freed() is None
