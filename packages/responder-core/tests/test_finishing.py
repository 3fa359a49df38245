"""Finishing: what is sent for what a view meant (RFC 9110 §12 to §15), through the door."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from responder_core import API

LONG = "tea and biscuits. " * 100
MOMENT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
STAMP = "Sun, 01 Mar 2026 12:00:00 GMT"
EARLIER = "Sun, 01 Mar 2026 11:59:59 GMT"
LATER = "Sun, 01 Mar 2026 12:00:01 GMT"


@pytest.fixture
def serve(client_factory):
    """Make a client of an app with one view at "/", which answers every method."""

    def make(view, **options):
        api = API(**options)
        api.add_route("/", view, methods=["GET", "HEAD", "POST", "PUT"])
        return client_factory(api)

    return make


def media(req, resp):
    resp.media = {"tea": "Earl Grey"}


# --- Negotiation (RFC 9110 §12) ---------------------------------------------------------------

JSON = "application/json"
YAML = "application/yaml"
MSGPACK = "application/msgpack"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("*/*", JSON, id="12.5.1-anything"),
        pytest.param("application/json", JSON, id="12.5.1-exact"),
        pytest.param("APPLICATION/JSON", JSON, id="8.3.1-case-insensitive"),
        pytest.param("application/*", JSON, id="12.5.1-subtypes"),
        pytest.param("application/msgpack", MSGPACK, id="12.5.1-another"),
        pytest.param("application/x-msgpack", MSGPACK, id="older-spelling"),
        pytest.param("application/msgpack, application/json", JSON, id="12.5.1-tie-first-format"),
        pytest.param("application/json;q=0.5, application/msgpack", MSGPACK, id="12.4.2-q"),
        pytest.param("application/json;q=0, */*", MSGPACK, id="12.4.2-q-0", marks=[]),
        pytest.param("*/*;q=0.1, application/msgpack;q=0.2", MSGPACK, id="12.5.1-specificity"),
        pytest.param("text/html, */*;q=0.8", JSON, id="a-browser"),
        pytest.param("image/png", JSON, id="12.4.1-none-fits-and-not-strict"),
        pytest.param("", JSON, id="12.5.1-empty"),
        pytest.param(";;;,,,", JSON, id="nonsense"),
        pytest.param("text/json-like", JSON, id="no-substring"),
    ],
)
def test_media_is_sent_in_the_form_the_client_likes_best(serve, accept, expected):
    answer = serve(media).get("/", headers={"Accept": accept})

    if accept == "application/json;q=0, */*":
        assert answer.headers["content-type"] != JSON
    else:
        assert answer.headers["content-type"] == expected
    assert answer.status_code == 200
    assert answer.headers["vary"] == "Accept"


def test_without_accept_media_is_json(ask, http_scope):
    api = API()
    api.add_route("/", media)

    answer = ask(api, http_scope())

    assert answer.headers["content-type"] == JSON
    assert json.loads(answer.body) == {"tea": "Earl Grey"}


def test_repeated_accept_fields_are_one_list(ask, http_scope):
    """RFC 9110 §5.3."""
    api = API()
    api.add_route("/", media)
    accepts = [(b"accept", b"image/png"), (b"accept", b"application/msgpack")]

    answer = ask(api, http_scope(headers=[(b"host", b"example.org"), *accepts]))

    assert msgspec.msgpack.decode(answer.body) == {"tea": "Earl Grey"}


def test_yaml_is_sent_to_who_asks_for_it(serve):
    yaml = pytest.importorskip("yaml", reason="needs PyYAML: pip install 'responder-core[yaml]'")

    for accept in (YAML, "application/x-yaml"):
        answer = serve(media).get("/", headers={"Accept": accept})

        assert answer.headers["content-type"] == YAML
        assert yaml.safe_load(answer.text) == {"tea": "Earl Grey"}


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/json;q=0", "text/*"])
def test_a_strict_app_answers_406_when_nothing_fits(serve, accept):
    answer = serve(media, strict_accept=True).get("/", headers={"Accept": accept})

    assert answer.status_code == 406
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1"])
def test_a_strict_app_answers_who_takes_something(serve, accept):
    assert serve(media, strict_accept=True).get("/", headers={"Accept": accept}).json()


@pytest.mark.parametrize(
    ("mimetype", "sent"),
    [
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("application/x-msgpack", "application/x-msgpack"),
        ("application/unheard-of", "application/unheard-of"),
    ],
)
def test_a_type_that_the_program_set_decides_the_form(serve, mimetype, sent):
    def view(req, resp):
        resp.media = {"a": 1}
        resp.mimetype = mimetype

    answer = serve(view).get("/", headers={"Accept": "application/yaml"})

    decode = msgspec.msgpack.decode if "msgpack" in mimetype else msgspec.json.decode
    assert answer.headers["content-type"] == sent
    assert decode(answer.content) == {"a": 1}
    assert "vary" not in answer.headers


def test_a_content_type_field_decides_the_form_too(serve):
    def view(req, resp):
        resp.headers["Content-Type"] = "application/msgpack"
        resp.media = [1]

    assert msgspec.msgpack.decode(serve(view).get("/").content) == [1]


def test_vary_names_every_field_once(serve):
    def view(req, resp):
        resp.vary("Cookie", "accept")
        resp.media = {}

    assert serve(view).get("/").headers["vary"] == "Cookie, accept"


def test_vary_can_be_left_to_the_program(serve):
    assert "vary" not in serve(media, auto_vary=False).get("/").headers


# --- Preconditions (RFC 9110 §13) -------------------------------------------------------------


def validated(req, resp):
    resp.text = "tea"
    resp.etag = "v7"
    resp.last_modified = MOMENT


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"If-None-Match": '"v7"'}, 304, id="13.1.2-match"),
        pytest.param({"If-None-Match": 'W/"v7"'}, 304, id="13.1.2-weak-comparison"),
        pytest.param({"If-None-Match": '"v6", "v7"'}, 304, id="13.1.2-one-of-several"),
        pytest.param({"If-None-Match": "*"}, 304, id="13.1.2-star"),
        pytest.param({"If-None-Match": '"v6"'}, 200, id="13.1.2-other"),
        pytest.param({"If-Modified-Since": STAMP}, 304, id="13.1.3-same-second"),
        pytest.param({"If-Modified-Since": LATER}, 304, id="13.1.3-later"),
        pytest.param({"If-Modified-Since": EARLIER}, 200, id="13.1.3-earlier"),
        pytest.param({"If-Modified-Since": "yesterday"}, 200, id="13.1.3-no-date"),
        pytest.param(
            {"If-None-Match": '"v6"', "If-Modified-Since": STAMP}, 200, id="13.2.2-tag-first"
        ),
        pytest.param({"If-Match": '"v7"'}, 200, id="13.1.1-match"),
        pytest.param({"If-Match": "*"}, 200, id="13.1.1-star"),
        pytest.param({"If-Match": '"v6"'}, 412, id="13.1.1-other"),
        pytest.param({"If-Match": 'W/"v7"'}, 412, id="13.1.1-strong-comparison"),
        pytest.param({"If-Unmodified-Since": STAMP}, 200, id="13.1.4-same-second"),
        pytest.param({"If-Unmodified-Since": EARLIER}, 412, id="13.1.4-changed"),
        pytest.param(
            {"If-Match": '"v7"', "If-Unmodified-Since": EARLIER}, 200, id="13.2.2-match-first"
        ),
        pytest.param(
            {"If-Match": '"v6"', "If-None-Match": '"v7"'}, 412, id="13.2.2-match-before-none"
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_preconditions_are_evaluated_in_order(serve, method, fields, status):
    answer = serve(validated).request(method, "/", headers=fields)

    assert answer.status_code == status
    if status == 304:
        assert answer.content == b""


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_was_written_is_not_denied_afterwards(serve, method):
    """The tag is that of the new state, so If-Match of the old one says nothing of it."""
    answer = serve(validated).request(method, "/", headers={"If-Match": '"v6"'})

    assert answer.status_code == 200


def test_validators_are_sent(serve):
    answer = serve(validated).get("/")

    assert answer.headers["etag"] == '"v7"'
    assert answer.headers["last-modified"] == STAMP


def test_validators_set_as_fields_count_too(serve):
    def view(req, resp):
        resp.text = "tea"
        resp.headers["ETag"] = '"x"'

    assert serve(view).get("/", headers={"If-None-Match": '"x"'}).status_code == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [("Sun, 06 Nov 1994 08:49:37 GMT", 304), ("Sun, 06 Nov 1994 08:49:36 GMT", 200)],
)
def test_a_last_modified_of_the_program_is_a_validator(serve, since, status):
    def view(req, resp):
        resp.text = "tea"
        resp.headers["Last-Modified"] = "Sunday, 06-Nov-94 08:49:37 GMT"

    answer = serve(view).get("/", headers={"If-Modified-Since": since})

    assert answer.status_code == status
    assert answer.headers["last-modified"] == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(("name", "value"), [("ETag", "v7"), ("Last-Modified", "yesterday")])
def test_a_field_that_is_no_validator_is_sent_as_it_is(serve, name, value):
    def view(req, resp):
        resp.text = LONG
        resp.headers[name] = value

    answer = serve(view).get("/", headers={"If-None-Match": '"v7"'})

    assert answer.status_code == 200
    assert answer.headers.get_list(name) == [value]


def test_an_error_has_no_validators_and_is_never_304(serve):
    def view(req, resp):
        resp.etag = "v7"
        resp.status_code = 404
        resp.text = "no tea"

    answer = serve(view).get("/", headers={"If-None-Match": '"v7"'})

    assert answer.status_code == 404
    assert answer.text == "no tea"


def test_304_has_the_fields_of_15_4_5_and_none_of_the_body(serve):
    """RFC 9110 §15.4.5: Cache-Control, Content-Location, Date, ETag, Expires, Vary."""

    def view(req, resp):
        resp.text = "tea"
        resp.etag = "v7"
        resp.last_modified = MOMENT
        resp.cache_control(max_age=60)
        resp.headers["Expires"] = LATER
        resp.headers["Content-Location"] = "/tea"
        resp.headers["Content-Language"] = "en"
        resp.headers["Content-Disposition"] = "inline"
        resp.headers["X-Request-ID"] = "1"
        resp.vary("Cookie")
        resp.set_cookie("seen", "1")

    answer = serve(view).get("/", headers={"If-None-Match": '"v7"'})

    assert sorted(answer.headers) == [
        "cache-control",
        "content-location",
        "etag",
        "expires",
        "set-cookie",
        "vary",
        "x-request-id",
    ]


def test_304_without_a_tag_keeps_last_modified(serve):
    def view(req, resp):
        resp.text = "tea"
        resp.last_modified = MOMENT

    answer = serve(view).get("/", headers={"If-Modified-Since": STAMP})

    assert (answer.status_code, answer.headers["last-modified"]) == (304, STAMP)


@pytest.mark.parametrize(
    ("given", "sent"),
    [("v7", '"v7"'), ('"v7"', '"v7"'), ('W/"v7"', 'W/"v7"')],
    ids=["bare", "quoted", "weak"],
)
def test_a_tag_is_quoted_where_it_is_not(serve, given, sent):
    def view(req, resp):
        resp.etag = given
        assert resp.etag == sent

    assert serve(view).get("/").headers["etag"] == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param(MOMENT, STAMP, id="aware"),
        pytest.param(MOMENT.replace(tzinfo=None), STAMP, id="naive-is-utc"),
        pytest.param(MOMENT.astimezone(timezone(timedelta(hours=2))), STAMP, id="other-zone"),
        pytest.param(STAMP, STAMP, id="http-date"),
        pytest.param(MOMENT.timestamp(), STAMP, id="seconds"),
        pytest.param(MOMENT.replace(microsecond=999), STAMP, id="fractions-are-cut"),
    ],
)
def test_last_modified_takes_what_names_a_moment(serve, given, sent):
    def view(req, resp):
        resp.last_modified = given

    assert serve(view).get("/").headers["last-modified"] == sent


@pytest.mark.parametrize("given", ["yesterday", True, object()], ids=["text", "bool", "object"])
def test_last_modified_refuses_what_names_none(given):
    api = API()

    @api.route("/")
    def view(req, resp):
        resp.last_modified = given

    with pytest.raises(ValueError, match="a moment is a datetime, an HTTP date or seconds"):
        api.requests.get("/")


def test_validators_can_be_taken_back(serve):
    def view(req, resp):
        assert resp.etag is None
        assert resp.last_modified is None
        resp.etag = "x"
        resp.last_modified = MOMENT
        assert resp.last_modified == MOMENT
        resp.etag = None
        resp.last_modified = None

    answer = serve(view).get("/")

    assert "etag" not in answer.headers
    assert "last-modified" not in answer.headers


# --- Tags made from the body ------------------------------------------------------------------


def test_auto_etag_tags_what_get_answers(serve):
    client = serve(media, auto_etag=True)
    tag = client.get("/").headers["etag"]

    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert client.head("/").headers["etag"] == tag
    assert "etag" not in client.post("/").headers


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_auto_etag_differs_with_the_body(serve, size):
    bodies = iter(["a" * size, "a" * size, "a" * size + "b"])

    def view(req, resp):
        resp.text = next(bodies)

    client = serve(view, auto_etag=True)
    first, second, third = (client.get("/").headers["etag"] for _ in range(3))

    assert first == second
    assert first != third


def test_auto_etag_leaves_the_programs_tag(serve):
    assert serve(validated, auto_etag=True).get("/").headers["etag"] == '"v7"'


# --- Ranges of content (RFC 9110 §14) ---------------------------------------------------------


def digits(req, resp):
    resp.content = b"0123456789"
    resp.etag = "v7"
    resp.last_modified = MOMENT


@pytest.mark.parametrize(
    ("fields", "status", "body", "content_range"),
    [
        pytest.param({"Range": "bytes=0-3"}, 206, b"0123", "bytes 0-3/10", id="14.1.2-first-last"),
        pytest.param({"Range": "bytes=7-"}, 206, b"789", "bytes 7-9/10", id="14.1.2-open"),
        pytest.param({"Range": "bytes=-2"}, 206, b"89", "bytes 8-9/10", id="14.1.2-suffix"),
        pytest.param({"Range": "bytes=5-99"}, 206, b"56789", "bytes 5-9/10", id="14.1.2-past-end"),
        pytest.param({"Range": "bytes=10-"}, 416, None, "bytes */10", id="15.5.17"),
        pytest.param({"Range": "lines=1-2"}, 200, b"0123456789", None, id="14.2-other-unit"),
        pytest.param({"Range": "bytes=a-b"}, 200, b"0123456789", None, id="14.2-invalid"),
        pytest.param(
            {"Range": "bytes=0-0", "If-Range": '"v7"'}, 206, b"0", "bytes 0-0/10", id="13.1.5-tag"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-Range": '"v6"'}, 200, b"0123456789", None, id="13.1.5-other"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-Range": 'W/"v7"'}, 200, b"0123456789", None, id="13.1.5-weak"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-Range": STAMP}, 206, b"0", "bytes 0-0/10", id="13.1.5-date"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-Range": LATER}, 200, b"0123456789", None, id="13.1.5-later"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-None-Match": '"v7"'}, 304, b"", None, id="13.2.2-304-first"
        ),
        pytest.param(
            {"Range": "bytes=0-0", "If-Match": '"v6"'}, 412, None, None, id="13.2.2-412-first"
        ),
    ],
)
def test_ranges_of_content(serve, fields, status, body, content_range):
    answer = serve(digits).get("/", headers=fields)

    assert answer.status_code == status
    assert answer.headers.get("content-range") == content_range
    if body is not None:
        assert answer.content == body


def test_several_ranges_are_parts(serve):
    """RFC 9110 §14.6."""
    answer = serve(digits).get("/", headers={"Range": "bytes=0-1, -1"})
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")

    assert answer.status_code == 206
    assert kind == "multipart/byteranges"
    assert "content-range" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.content.count(b"--" + boundary.encode()) == 3
    assert b"Content-Range: bytes 0-1/10" in answer.content
    assert b"Content-Range: bytes 9-9/10" in answer.content


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_only_get_has_ranges(serve, method):
    """RFC 9110 §14.2."""
    answer = serve(digits).request(method, "/", headers={"Range": "bytes=0-0"})

    assert answer.status_code == 200
    assert answer.headers["content-length"] == "10"


@pytest.mark.parametrize("attribute", ["text", "html"])
def test_other_bodies_have_no_ranges(serve, attribute):
    def view(req, resp):
        setattr(resp, attribute, "0123456789")

    assert serve(view).get("/", headers={"Range": "bytes=0-0"}).text == "0123456789"


# --- Compression ------------------------------------------------------------------------------


def long_text(req, resp):
    resp.text = LONG


def test_a_long_text_is_compressed_for_who_takes_it(serve):
    answer = serve(long_text).get("/", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) < len(LONG)
    assert answer.text == LONG


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        pytest.param(None, None, id="12.5.3-absent"),
        pytest.param("", None, id="12.5.3-empty"),
        pytest.param("identity", None, id="12.5.3-identity"),
        pytest.param("gzip;q=0", None, id="12.5.3-q-0"),
        pytest.param("gzip;q=0.5, identity", None, id="12.5.3-identity-preferred"),
        pytest.param("GZIP", "gzip", id="8.4.1-case-insensitive"),
        pytest.param("x-gzip", "gzip", id="8.4.1.3-x-gzip"),
        pytest.param("deflate", None, id="none-of-ours"),
        pytest.param("gzip;q=0.001", "gzip", id="12.5.3-a-little"),
    ],
)
def test_the_coding_is_what_the_client_takes(ask, http_scope, accept, coding):
    api = API()
    api.add_route("/", long_text)
    fields = [(b"host", b"example.org")]
    if accept is not None:
        fields.append((b"accept-encoding", accept.encode()))

    answer = ask(api, http_scope(headers=fields))

    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    body = gzip.decompress(answer.body) if coding else answer.body
    assert body.decode() == LONG


def test_equal_bodies_are_equal_when_compressed(ask, http_scope):
    api = API()
    api.add_route("/", long_text)
    scope = http_scope(headers=[(b"host", b"a.org"), (b"accept-encoding", b"gzip")])

    assert ask(api, dict(scope)).body == ask(api, dict(scope)).body


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda req, resp: setattr(resp, "text", "short"), id="short"),
        pytest.param(lambda req, resp: setattr(resp, "content", b"\0" * 2000), id="octets"),
    ],
)
def test_what_gains_nothing_is_sent_as_it_is(serve, view):
    answer = serve(view).get("/", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda resp: resp.headers.update({"Content-Encoding": "br"}), id="coded"),
        pytest.param(lambda resp: setattr(resp, "compress", False), id="compress-false"),
        pytest.param(lambda resp: resp.cache_control(no_transform=True), id="no-transform"),
    ],
)
def test_what_the_program_forbids_is_not_compressed(ask, http_scope, prepare):
    api = API()

    @api.route("/")
    def view(req, resp):
        resp.text = LONG
        prepare(resp)

    answer = ask(api, http_scope(headers=[(b"host", b"a.org"), (b"accept-encoding", b"gzip")]))

    assert answer.body.decode() == LONG
    assert answer.headers.get("content-encoding") in (None, "br")


def test_compression_can_be_switched_off(serve):
    answer = serve(long_text, gzip=False).get("/", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


def test_the_shortest_body_that_is_compressed_can_be_set(serve):
    def view(req, resp):
        resp.text = "a" * 100

    client = serve(view, compress_minimum=100)

    assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"]


def test_a_tag_differs_with_the_coding(serve):
    """RFC 9110 §8.8.3.3."""

    def view(req, resp):
        resp.text = LONG
        resp.etag = "v7"

    client = serve(view)
    plain = client.get("/", headers={"Accept-Encoding": "identity"}).headers["etag"]
    coded = client.get("/", headers={"Accept-Encoding": "gzip"}).headers["etag"]

    assert (plain, coded) == ('"v7"', '"v7-gzip"')
    for tag, accept in ((plain, "identity"), (coded, "gzip")):
        headers = {"If-None-Match": tag, "Accept-Encoding": accept}
        assert client.get("/", headers=headers).status_code == 304
    headers = {"If-None-Match": plain, "Accept-Encoding": "gzip"}
    assert client.get("/", headers=headers).status_code == 200


def test_a_range_is_that_of_the_plain_body(serve):
    def view(req, resp):
        resp.content = LONG
        resp.mimetype = "text/plain"

    answer = serve(view).get("/", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-2"})

    assert (answer.status_code, answer.text) == (206, "tea")
    assert "content-encoding" not in answer.headers


def test_head_of_what_would_be_compressed_tells_no_length(serve):
    """RFC 9110 §9.3.2 and §8.6."""
    answer = serve(long_text).head("/", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "content-length" not in answer.headers
    assert answer.content == b""


def test_head_has_the_length_of_get(serve):
    client = serve(long_text)
    headers = {"Accept-Encoding": "identity"}

    assert (
        client.head("/", headers=headers).headers["content-length"]
        == client.get("/", headers=headers).headers["content-length"]
        == str(len(LONG))
    )


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_better_codings_come_first_where_they_are_installed(ask, http_scope, coding):
    compression = pytest.importorskip("responder_core.compression")
    if coding not in compression.available():
        pytest.skip(f"needs the library of {coding}")
    api = API()
    api.add_route("/", long_text)
    fields = [(b"host", b"a.org"), (b"accept-encoding", f"gzip, {coding}".encode())]

    answer = ask(api, http_scope(headers=fields))

    assert answer.headers["content-encoding"] == coding
    assert len(answer.body) < len(zlib.compress(LONG.encode()))


# --- What cannot be sent ----------------------------------------------------------------------


def test_after_hooks_see_the_error_of_a_body_that_cannot_be_encoded(serve):
    api_statuses = []

    def view(req, resp):
        resp.media = object()

    api = API()
    api.add_route("/", view)
    api.add_hook(lambda req, resp: api_statuses.append(resp.status_code), after=True)
    client = api.test_client(raise_server_exceptions=False)

    assert client.get("/").status_code == 500
    assert api_statuses == [500]


def test_an_after_hook_may_change_media_in_place(serve):
    api = API()
    api.add_route("/", media)

    @api.after_request
    def stamp(req, resp):
        resp.media["stamped"] = True

    assert api.requests.get("/").json() == {"tea": "Earl Grey", "stamped": True}


def test_an_after_hook_may_set_the_same_media_again():
    api = API()
    kept = {}

    @api.route("/")
    def view(req, resp):
        resp.media = kept

    @api.after_request
    def stamp(req, resp):
        kept["stamped"] = True
        resp.media = kept

    assert api.requests.get("/").json() == {"stamped": True}


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_content_sends_none(serve, status):
    def view(req, resp):
        resp.text = LONG
        resp.etag = "v7"
        resp.status_code = status

    answer = serve(view).get("/", headers={"Accept-Encoding": "gzip"})

    assert answer.content == b""
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers


# --- Failures of what finishes ----------------------------------------------------------------


@pytest.fixture
def recover(client_factory):
    """What is answered by a handler where the view's own answer cannot be sent."""

    def ask(handler, **headers):
        api = API()
        api.add_exception_handler(TypeError, handler)
        api.add_route("/", lambda req, resp: {"x": object()})
        return client_factory(api).get("/", headers=headers)

    return ask


def test_a_handler_may_answer_with_content_and_its_ranges(recover):
    def answer_zeros(req, resp, exc):
        resp.status_code = 200
        resp.content = b"0123456789"

    answer = recover(answer_zeros, Range="bytes=2-4")
    assert (answer.status_code, answer.content) == (206, b"234")


def test_a_handler_may_answer_with_a_validator(recover):
    def answer_tagged(req, resp, exc):
        resp.status_code = 200
        resp.text = "tea"
        resp.etag = "1"

    assert recover(answer_tagged).headers["etag"] == '"1"'
    assert recover(answer_tagged, **{"If-None-Match": '"1"'}).status_code == 304


def test_a_handler_may_answer_with_a_file(recover, tmp_path):
    (tmp_path / "tea.txt").write_text("tea")

    answer = recover(lambda req, resp, exc: resp.file(tmp_path / "tea.txt"))
    assert (answer.status_code, answer.text) == (500, "tea")


def test_a_handler_may_not_answer_with_a_stream(recover, caplog):
    async def pieces():
        yield b"tea"

    def stream(req, resp, exc):
        resp.stream(pieces)

    answer = recover(stream)
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "an exception handler answered with a stream" in caplog.text


def test_a_handler_whose_answer_cannot_be_sent_either_is_a_failure(recover, caplog):
    def answer_badly(req, resp, exc):
        resp.media = {"y": object()}

    answer = recover(answer_badly)
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "failed in" in caplog.text


def test_what_is_not_compressed_for_anyone_varies_with_accept_alone(ask, http_scope):
    api = API()
    api.add_route("/", lambda req, resp: {"tea": "Earl Grey " * 100})

    headers = [(b"host", b"example.org"), (b"accept", MSGPACK.encode())]
    for _ in range(2):  # What a client likes is remembered.
        answer = ask(api, http_scope(headers=headers))
        assert (answer.headers["content-type"], answer.headers["vary"]) == (MSGPACK, "Accept")
