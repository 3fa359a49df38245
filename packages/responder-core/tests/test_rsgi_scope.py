"""The scope of RSGI: a scope of ASGI, made as it is read."""

import pytest

from responder_core.rsgi_scope import RSGIScope, split_address


class Fields:
    """Header fields as granian gives them."""

    def __init__(self, *fields):
        self.fields = list(fields)
        self.lost = []
        self.listed = 0

    def keys(self):
        return [*(name for name, _ in self.fields), *self.lost]

    def items(self):
        self.listed += 1
        return self.fields

    def get_all(self, key):
        return [value for name, value in self.fields if name == key]


class Raw:
    """A connection as granian describes it."""

    proto = "http"
    http_version = "1.1"
    method = "GET"
    scheme = "http"
    path = "/tea"
    query_string = "q=1"
    client = "127.0.0.1:51234"
    server = "127.0.0.1:80"
    authority = None

    def __init__(self, *fields, **changes):
        self.headers = Fields(*fields)
        vars(self).update(changes)


def make(*fields, **changes):
    scope = RSGIScope()
    scope.raw = Raw(*fields, **changes)
    scope.fields = scope.raw.headers
    return scope


def test_it_has_what_asgi_asks_for():
    assert {**make(("host", "example.org"))} == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/tea",
        "query_string": b"q=1",
        "root_path": "",
        "headers": [(b"host", b"example.org")],
        "client": ("127.0.0.1", 51234),
        "server": ("127.0.0.1", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"http.response.pathsend": {}, "responder.response.rangesend": {}},
    }


def test_a_value_is_made_once_and_stays():
    scope = make(("host", "example.org"))
    scope["headers"].append((b"x-tea", b"green"))

    assert scope["headers"][1:] == [(b"x-tea", b"green")]
    assert scope.fields.listed == 1


def test_nothing_is_made_that_nobody_reads():
    scope = make(("host", "example.org"))
    assert scope["method"] == "GET"

    assert scope.fields.listed == 0


def test_what_is_set_counts():
    scope = make()
    scope["client"] = ("192.0.2.7", 0)

    assert scope["client"] == scope.get("client") == ("192.0.2.7", 0)


@pytest.mark.parametrize(
    "read",
    [
        dict,
        lambda scope: {**scope},
        lambda scope: scope.copy(),
        lambda scope: dict(scope.items()),
        lambda scope: dict(zip(scope.keys(), scope.values(), strict=True)),
        lambda scope: {key: scope[key] for key in scope},
        lambda scope: scope | {},
        lambda scope: {} | scope,
    ],
    ids=["dict", "stars", "copy", "items", "keys", "iter", "or", "or-behind"],
)
def test_a_copy_has_everything(read):
    scope = make()
    scope["own"] = 1
    copied = read(scope)

    assert copied["path"] == "/tea"
    assert copied["own"] == 1
    assert len(copied) == len(scope)


def test_it_is_equal_to_a_dict_of_the_same():
    assert make() == {**make()}
    assert repr(make()) == repr({**make()})


def test_a_field_that_granian_leaves_out_is_there_with_what_nobody_takes():
    """Its value is not ASCII; an address or a condition must not look as if it were not sent."""
    scope = make(("host", "example.org"), ("x-forwarded-proto", "https"))
    scope.fields.lost = ["x-forwarded-for", "if-match", "if-match"]

    assert scope["headers"] == [
        (b"host", b"example.org"),
        (b"x-forwarded-proto", b"https"),
        (b"if-match", b"\xff"),
        (b"x-forwarded-for", b"\xff"),
    ]


def test_a_query_keeps_its_bytes():
    assert make(query_string="q=grün")["query_string"] == "q=grün".encode()


def test_it_knows_keys_that_were_not_read():
    scope = make()

    assert "path" in scope
    assert "own" not in scope
    assert scope.get("own", 7) == 7
    assert scope.get("path") == "/tea"


def test_a_key_that_there_is_not_is_missing():
    with pytest.raises(KeyError, match="own"):
        make()["own"]


def test_a_default_is_set_where_there_is_nothing():
    scope = make()

    assert scope.setdefault("state", {"a": 1}) == {}
    assert scope.setdefault("own", 1) == scope["own"] == 1


def test_http_1_0_has_asgis_name():
    assert make(http_version="1")["http_version"] == "1.0"


def test_the_authority_of_http_2_is_the_host():
    scope = make(("accept", "*/*"), http_version="2", authority="example.org")

    assert scope["headers"] == [(b"host", b"example.org"), (b"accept", b"*/*")]


def test_a_host_of_http_2_stays():
    scope = make(("host", "a.org"), http_version="2", authority="a.org")

    assert scope["headers"] == [(b"host", b"a.org")]


def test_a_socket_has_its_scheme_and_its_subprotocols():
    scope = make(
        ("sec-websocket-protocol", "tea, coffee"),
        ("sec-websocket-protocol", "milk"),
        proto="ws",
        scheme="https",
    )

    assert (scope["type"], scope["scheme"]) == ("websocket", "wss")
    assert scope["subprotocols"] == ["tea", "coffee", "milk"]
    assert scope["extensions"] == {}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:80", ("::1", 80)),
        ("", None),
        ("/run/tea.sock", None),
        ("unix:tea", None),
    ],
)
def test_addresses(text, address):
    assert split_address(text) == address
