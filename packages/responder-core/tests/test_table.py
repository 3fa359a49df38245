"""The route table: the most specific template wins, whatever the order of registration."""

from __future__ import annotations

import gc
import itertools
import re
import sys
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.convertors import BUILT_IN, parameter_type
from responder_core.paths import parse_template
from responder_core.table import Miss, RouteTable

ID = "01234567-89ab-cdef-0123-456789abcdef"


class Hex:
    """A convertor of a program, which counts how often it was asked."""

    regex = "[0-9a-f]+"

    def __init__(self):
        self.asked = 0

    def convert(self, value):
        self.asked += 1
        if value == "bad":
            raise ValueError(value)
        return int(value, 16)

    def to_string(self, value):
        return f"{value:x}"


def make_table(*routes, hexadecimal=None):
    """A table of (method, template) that finds the template itself."""
    types = {**BUILT_IN, "hex": parameter_type("hex", hexadecimal or Hex())}
    table: RouteTable[str] = RouteTable()
    for method, text in routes:
        table.add(parse_template(text, types), {method: text})
    return table


def find(table, path, method="GET"):
    found = table.find(method, path)
    return found if isinstance(found, Miss) else found[0]


# ---------------------------------------------------------------------------------------------
# The oracle: every template is tried, and those that match are compared by the documented rules.

READERS = {
    "hex": lambda text: (
        int(text, 16) if re.fullmatch("[0-9a-f]+", text) and text != "bad" else None
    ),
    "int": lambda text: int(text) if re.fullmatch("[0-9]+", text) else None,
    "uuid": lambda text: (
        UUID(text) if re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4,12}){4}", text) else None
    ),
    "float": lambda text: float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else None,
    "str": lambda text: text or None,
}
STRICTNESS = ["hex", "int", "uuid", "float", "str"]  # The program's own types come first.


def read_piece(piece):
    """A segment of a template as its texts and its parameters, ``[(name, type)]``."""
    texts = re.split(r"\{.*?\}", piece)
    parameters = [
        (name, kind or "str") for name, kind in re.findall(r"\{(\w+)(?::(\w+))?\}", piece)
    ]
    return texts, parameters


def read_values(texts, kinds, segment):
    """The values of a segment: of all splits the one with the longest values from the left."""
    if not segment.startswith(texts[0]):
        return None
    segment = segment[len(texts[0]) :]
    if not kinds:
        return [] if not segment else None
    for stop in range(len(segment), 0, -1):
        value = READERS[kinds[0]](segment[:stop])
        if value is not None:
            rest = read_values(texts[1:], kinds[1:], segment[stop:])
            if rest is not None:
                return [value, *rest]
    return None


def match(pieces, segments):
    """How specific a match is, the least first, and its values; None where there is none."""
    if not pieces:
        return ([], []) if not segments else None
    if not segments:
        return None
    texts, parameters = read_piece(pieces[0])
    kinds = [kind for _, kind in parameters]
    if kinds == ["path"]:
        extent = len(segments) - (len(pieces) - 1)
        text = "/".join(segments[:extent])
        rest = match(pieces[1:], segments[extent:]) if extent > 0 and text else None
        rank = (3, len(pieces) == 1, -extent)
        return None if rest is None else ([rank, *rest[0]], [text, *rest[1]])
    values = read_values(texts, kinds, segments[0])
    if values is None:
        return None
    strictness = [STRICTNESS.index(kind) for kind in kinds]
    if not kinds:
        rank = (0,)
    elif texts == ["", ""]:
        rank = (2, *strictness)
    else:
        rank = (1, -len("".join(texts)), *strictness)
    rest = match(pieces[1:], segments[1:])
    return None if rest is None else ([rank, *rest[0]], [*values, *rest[1]])


def expect(routes, method, path):
    """What a table of these routes finds: a template and its parameters, or a Miss."""
    if not path.startswith("/"):
        return Miss(set())

    def matches(path):
        for route in routes:
            found = match(route[1][1:].split("/"), path[1:].split("/"))
            if found is not None:
                yield route, *found

    found = list(matches(path))
    mine = [item for item in found if item[0][0] == method]
    if mine:
        (_, template), _, values = min(mine, key=lambda item: item[1])
        names = [name for name, _ in read_piece(template)[1]]
        return template, dict(zip(names, values, strict=True))
    other = path[:-1] if path.endswith("/") else path + "/"
    known = not found and other.startswith("/") and any(matches(other))
    return Miss({route[0] for route, *_ in found}, known)


def look_up(table, method, path):
    """What a table finds; the other slash is told only of what is unknown without it."""
    found = table.find(method, path)
    return Miss(found.allowed) if isinstance(found, Miss) and found.allowed else found


PIECES = [
    "",
    "a",
    "me",
    "1",
    "x.json",
    "{}",
    "{:int}",
    "{:float}",
    "{:uuid}",
    "{:hex}",
    "{:path}",
    "{}.json",
    "{:int}.json",
    "{:hex}.json",
    "v{:int}",
    "v{}",
    "{:int}-{}",
    "{}.{}",
]
SEGMENTS = [
    "",
    "a",
    "me",
    "1",
    "12",
    "1.5",
    "bad",
    "fe",
    "x",
    "٣",
    ID,
    "x.json",
    "1.json",
    "fe.json",
    ".json",
    "v1",
    "vx",
    "v",
    "1-a.b",
    "1-",
    "a.b.c",
    "a.b.",
]
METHODS = ["GET", "POST"]


def name_parameters(shape, prefix):
    numbers = itertools.count()
    return re.sub(r"\{", lambda _: f"{{{prefix}{next(numbers)}", shape)


SHAPES = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4)
    .filter(lambda pieces: pieces.count("{:path}") < 2)
    .map(lambda pieces: "/" + "/".join(pieces))
)
# Two routes of one shape and method are refused at registration; names differ as they like.
ROUTES = st.lists(
    st.tuples(st.sampled_from(METHODS), SHAPES, st.sampled_from("pq")),
    max_size=8,
    unique_by=lambda route: route[:2],
).map(lambda routes: [(method, name_parameters(shape, name)) for method, shape, name in routes])
PATHS = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=6).map(
    lambda segments: "/" + "/".join(segments)
)


def likely_paths(routes):
    """Paths that are near to what the routes match, so that most examples say something."""
    fillers = {"int": "12", "float": "1.5", "uuid": ID, "hex": "fe", "path": "x/y"}

    def fill(text):
        return re.sub(r"\{\w+(?::(\w+))?\}", lambda found: fillers.get(found[1], "x"), text)

    likely = [fill(text) for _, text in routes]
    return st.sampled_from([path + end for path in likely for end in ("", "/")] or ["/"])


@settings(deadline=None, max_examples=1000)
@given(st.data())
def test_the_table_finds_what_trying_every_template_finds(data):
    routes = data.draw(ROUTES)
    path = data.draw(PATHS | likely_paths(routes))
    table = make_table(*routes)

    for method in (*METHODS, "PUT"):
        assert look_up(table, method, path) == expect(routes, method, path)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_order_of_registration_means_nothing(data):
    routes = data.draw(ROUTES)
    path = data.draw(PATHS | likely_paths(routes))
    shuffled = data.draw(st.permutations(routes))

    for method in METHODS:
        found = look_up(make_table(*routes), method, path)
        assert found == look_up(make_table(*shuffled), method, path)


@pytest.mark.parametrize(
    "templates",
    [
        pytest.param(["/a{p}", "/{p}b"], id="as-much-text"),
        pytest.param(["/{p}.jso", "/a{p}.js"], id="as-much-text-in-pieces"),
        pytest.param(["/a{p}/x", "/{p}b/{q}"], id="more-specific-behind"),
        pytest.param(["/{p}-{q}", "/{p}b{q}"], id="between"),
    ],
)
@pytest.mark.parametrize("path", ["/ab", "/ab/x", "/aa.jso", "/a-b-c", "/a-b", "/axb", "/aab-b.js"])
def test_equally_specific_templates_have_an_order_of_their_own(templates, path):
    assert find(make_table(*(("GET", text) for text in templates)), path) == find(
        make_table(*(("GET", text) for text in reversed(templates))), path
    )


VALUES = {
    "str": st.text("ab-./%é \\", min_size=1, max_size=6),
    "int": st.integers(0, 10**30),
    "float": st.floats(0, 1e9).map(abs),
    "uuid": st.uuids(),
    "hex": st.integers(0, 10**6),
    "path": st.text("ab/.\\é%", min_size=1, max_size=8),
}


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_a_path_that_was_made_is_found_again_with_its_values(data):
    """``format()`` and ``find()`` are the reverse of each other, or ``format()`` refuses."""
    types = {**BUILT_IN, "hex": parameter_type("hex", Hex())}
    template = parse_template(name_parameters(data.draw(SHAPES), "p"), types)
    values = {item.name: data.draw(VALUES[item.type.name]) for item in template.parameters}
    table: RouteTable[str] = RouteTable()
    table.add(template, {"GET": "here"})

    try:
        path = template.format(values)
    except ValueError:
        return

    assert path.isascii()
    assert path.isprintable()
    assert table.find("GET", unquote(path)) == ("here", values)


@settings(deadline=None, max_examples=300)
@given(ROUTES, st.text() | st.text(st.sampled_from("/a1.\0\n%é\ud800")).map("/{}".format))
@example([("GET", "/{p}")], "*")
@example([("GET", "/{p}")], "")
@example([("GET", "/{p}")], "a")
@example([("GET", "/{p:path}")], "a/b")
def test_any_path_is_looked_up(routes, path):
    assert look_up(make_table(*routes), "GET", path) == expect(routes, "GET", path)


# ---------------------------------------------------------------------------------------------
# The rules, one by one.


@pytest.mark.parametrize(
    ("path", "template"),
    [
        pytest.param("/users/me", "/users/me", id="literal"),
        pytest.param("/users/x.json", "/users/{p}.json", id="text-and-parameter"),
        pytest.param("/users/fe", "/users/{p:hex}", id="own-type"),
        pytest.param("/users/12", "/users/{p:hex}", id="own-type-before-int"),
        pytest.param("/users/1.5", "/users/{p:float}", id="float"),
        pytest.param(f"/users/{ID}", "/users/{p:uuid}", id="uuid"),
        pytest.param("/users/bad", "/users/{p}", id="own-type-that-refuses"),
        pytest.param("/users/x", "/users/{p}", id="str"),
        pytest.param("/users/x/y", "/users/{p:path}", id="path"),
        pytest.param("/users/x/edit", "/users/{p:path}/edit", id="behind-a-path"),
    ],
)
@pytest.mark.parametrize("turn", [1, -1], ids=["forwards", "backwards"])
def test_the_more_specific_wins(path, template, turn):
    templates = [
        "/users/me",
        "/users/{p}.json",
        "/users/{p:hex}",
        "/users/{p:int}",
        "/users/{p:uuid}",
        "/users/{p:float}",
        "/users/{p}",
        "/users/{p:path}/edit",
        "/users/{p:path}",
    ]

    assert find(make_table(*(("GET", text) for text in templates[::turn])), path) == template


@pytest.mark.parametrize(
    ("templates", "path", "expected"),
    [
        pytest.param(["/a/{p}/x", "/{p}/b/y"], "/a/b/y", "/{p}/b/y", id="behind-a-literal"),
        pytest.param(["/{p:int}/x", "/{p}/y"], "/1/y", "/{p}/y", id="behind-a-type"),
        pytest.param(["/{p}.json/x", "/{p}/y"], "/a.json/y", "/{p}/y", id="behind-text"),
        pytest.param(["/{p}/x", "/{p:path}"], "/a/y", "/{p:path}", id="behind-a-str"),
        pytest.param(["/{p:path}/x", "/{p:path}"], "/a/y", "/{p:path}", id="behind-a-path"),
        pytest.param(["/a/b/c", "/{p:path}"], "/a/b/d", "/{p:path}", id="from-deep-down"),
        pytest.param(["/{p:path}/{q:int}/x", "/{p:path}/x"], "/1/a/x", "/{p:path}/x", id="extents"),
    ],
)
def test_the_walk_goes_back_where_the_specific_ends(templates, path, expected):
    assert find(make_table(*(("GET", text) for text in templates)), path) == expected


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize(
    ("special", "general", "path"),
    [
        ("/a/v{n:int}", "/a/{name}", "/a/v1"),
        ("/a/v{n:int}", "/a/{n:int}", "/a/v1"),
        ("/v{n:int}", "/{name}", "/v1"),
        ("/a/{name}", "/a/{p:path}", "/a/v1"),
    ],
)
def test_a_parameter_at_the_end_leaves_the_more_specific_its_paths(special, general, path, turn):
    """Those at the end of texts are found without a walk, and must be found as it finds them."""
    table = make_table(*(("GET", text) for text in (special, general)[::turn]))

    assert find(table, path) == special


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/{p:path}/x", "//x"),
        ("/{p:path}/{q}", "//x"),
        ("/a/{p:path}/x", "/a//x"),
        ("/{p:path}", "/"),
    ],
)
def test_a_path_parameter_is_never_empty(template, path):
    assert isinstance(find(make_table(("GET", template)), path), Miss)


def test_the_left_decides_before_the_right():
    table = make_table(("GET", "/{p}/b"), ("GET", "/a/{p}"))

    assert find(table, "/a/b") == "/a/{p}"


def test_a_method_is_sought_behind_the_most_specific():
    """A template that answers other methods does not hide one that answers this method."""
    table = make_table(("GET", "/users/me"), ("POST", "/users/{p}"), ("PUT", "/{p:path}"))

    assert table.find("POST", "/users/me") == ("/users/{p}", {"p": "me"})
    assert table.find("PUT", "/users/me") == ("/{p:path}", {"p": "users/me"})
    assert table.find("DELETE", "/users/me") == Miss({"GET", "POST", "PUT"})


def test_each_method_has_the_names_of_its_own_template():
    table = make_table(("GET", "/{id}"), ("POST", "/{name}"), ("GET", "/{a}/x"), ("PUT", "/{b}/x"))

    assert table.find("GET", "/a") == ("/{id}", {"id": "a"})
    assert table.find("POST", "/a") == ("/{name}", {"name": "a"})
    assert table.find("PUT", "/a/x") == ("/{b}/x", {"b": "a"})


def test_static_paths_are_there_to_be_looked_up():
    table = make_table(("GET", "/a"), ("POST", "/a"), ("GET", "/{p}"))

    assert table.static == {"GET": {"/a": "/a"}, "POST": {"/a": "/a"}}


def test_values_are_the_callers_own():
    table = make_table(("GET", "/a"), ("GET", "/x/{p}"))

    for path in ("/a", "/x/1"):
        table.find("GET", path)[1]["p"] = "changed"

    assert table.find("GET", "/a") == ("/a", {})
    assert table.find("GET", "/x/1") == ("/x/{p}", {"p": "1"})


@pytest.mark.parametrize(
    ("template", "path", "known"),
    [
        ("/users", "/users/", True),
        ("/users/", "/users", True),
        ("/users/{p}", "/users/a/", True),
        ("/users/{p}/", "/users/a", True),
        ("/{p}.json", "/a.json/", True),
        ("/{p}.json/", "/a.json", True),
        ("/{p:int}/", "/1", True),
        ("/{p:int}/", "/a", False),
        ("/{p:path}/", "/a/b", True),
        ("/x/{p:path}/", "/x/a", True),
        ("/{p:path}/b", "/a/b/", True),
        ("/{p:path}/b/", "/a/b", True),
        ("/{p:path}/{q}/", "/a/b", True),
        ("/{p:path}/", "/", False),
        ("/users", "/users//", False),
        ("/users//", "/users", False),
        ("/users//", "/users/", False),
        ("//", "/", False),
        ("/{p}//", "/a/", False),
        ("/{p:path}//", "/a/b/", False),
        ("/", "", False),
        ("/a/b", "/a/", False),
        ("/a/b/", "/a", False),
    ],
)
def test_the_other_spelling_of_the_slash_is_known(template, path, known):
    miss = find(make_table(("GET", template)), path)

    assert miss == Miss(set(), known)


def test_an_empty_table_knows_nothing():
    assert find(make_table(), "/") == Miss(set())


# ---------------------------------------------------------------------------------------------
# The cost, counted.


def count_calls(function, *args):
    """How many functions a call runs, C functions too: work, counted instead of timed."""
    count = 0

    def profile(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    # A collection in between would run callbacks and finalizers of others.
    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


ADVERSARIAL = [
    pytest.param(["/{p:path}/a/b"], "a/", id="literals-behind-a-path"),
    pytest.param(["/{p:path}/{q}/{r}/b"], "a/", id="parameters-behind-a-path"),
    pytest.param(["/{p:path}/{q:int}/{r:float}/{s}/b", "/{p:path}/x"], "1/", id="types"),
    pytest.param(["/{p:path}/{q:int}-{r}/b"], "1-a/", id="text-and-parameters"),
    pytest.param(["/{p}/{q:path}/a", "/{q:path}/a/{p}", "/a/{q:path}/b"], "a/", id="three-paths"),
    pytest.param(["/{p:path}//"], "/", id="empty-segments"),
    pytest.param(["/{p:path}/", "/{p:path}"], "/", id="slashes"),
    pytest.param(["/a", "/{p}", "/{p}/{q}"], "a/", id="no-path-parameter"),
    pytest.param(["/{p:path}/{q:hex}/{r:hex}"], "bad/", id="own-type-that-refuses"),
]


@pytest.mark.parametrize(("templates", "piece"), ADVERSARIAL)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_work_is_linear_in_the_path(templates, piece, method):
    table = make_table(*(("GET", text) for text in templates))
    paths = ["/" + piece * (size // len(piece)) + "!" for size in (8192, 16384)]

    short, long = (count_calls(table.find, method, path) for path in paths)

    assert long <= 2.2 * short


@pytest.mark.parametrize(("templates", "piece"), ADVERSARIAL)
def test_sixty_four_kilobytes_are_looked_up(templates, piece):
    table = make_table(*(("GET", text) for text in templates))

    assert isinstance(table.find("PUT", "/" + piece * (65536 // len(piece)) + "!"), Miss)


@pytest.mark.parametrize("path", ["/r7/1", "/r7/x/y", "/r7", "/r7/", "/none"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_many_routes_cost_what_one_costs(path, method):
    shapes = ("/r{}/{{p:int}}", "/r{}", "/r{}/{{p}}/y")
    one = make_table(*(("GET", shape.format(7)) for shape in shapes))
    many = make_table(*(("GET", shape.format(n)) for n in range(500) for shape in shapes))

    assert count_calls(many.find, method, path) == count_calls(one.find, method, path)


@pytest.mark.parametrize(
    ("template", "path"),
    [("/users/{id}", "/users/ada"), ("/users/{id:int}", "/users/7"), ("/a/b/{id}", "/a/b/c")],
)
def test_a_parameter_at_the_end_of_texts_costs_no_walk(template, path):
    """It is what most routes are: one look-up for the texts, then the segment is read."""
    table = make_table(("GET", template))
    walked = make_table(("GET", template), ("GET", template.replace("{id", "x{id")))

    assert count_calls(table.find, "GET", path) < count_calls(walked.find, "GET", path) / 2


def test_a_convertor_is_asked_once_for_a_match():
    hexadecimal = Hex()
    table = make_table(
        ("GET", "/x/{p:hex}"), ("GET", "/{p:hex}/y"), ("POST", "/z"), hexadecimal=hexadecimal
    )

    assert find(table, "/x/fe") == "/x/{p:hex}"
    assert hexadecimal.asked == 1


# ---------------------------------------------------------------------------------------------
# Through the door.


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "/\\evil.example",
        "/\t/evil.example/",
        "/%09/evil.example/",
        "/ /evil.example/",
        "/evil.example//",
        "//evil.example//",
        "/.//evil.example/",
        "/x/..//evil.example/",
        "/a\r\nX-Evil: 1/",
        "/é/",
    ],
)
@pytest.mark.parametrize(
    "template", ["/{p:path}/", "/{p:path}/x", "/{p}", "//{p}", "/{p}/{q}", "//{p}/"]
)
def test_the_slash_redirect_stays_on_the_host(ask, http_scope, template, path):
    api = API()

    @api.route(template)
    async def view(req, resp, **params):
        return "here"

    answer = ask(api, http_scope(path=path, query_string=b"a=//evil"))

    location = answer.headers.get("location", "/")
    assert re.fullmatch(r"/(?![/\\])[!-~]*", location)
    assert "x-evil" not in answer.headers
    assert answer.status in {200, 307, 308, 404}


PLACES = ["/files/{p:path}", "/files/{p}", "/files/{p:int}", "/files/{p}.txt", "/files/a/b"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("/files/a%2Fb", ["/files/a/b", {}], id="rfc3986-2.2-encoded-slash"),
        pytest.param("/files/a%2Fc", ["/files/{p:path}", {"p": "a/c"}], id="encoded-slash"),
        pytest.param("/files%2Fa", ["/files/{p}", {"p": "a"}], id="encoded-slash-before"),
        pytest.param("/files/a%252Fb", ["/files/{p}", {"p": "a%2Fb"}], id="decoded-once"),
        pytest.param("/files/..", ["/files/{p}", {"p": ".."}], id="dot-segment-is-text"),
        pytest.param("/files/%2e%2e", ["/files/{p}", {"p": ".."}], id="encoded-dot-segment"),
        pytest.param(
            "/files/../files/7", ["/files/{p:path}", {"p": "../files/7"}], id="dots-inside"
        ),
        pytest.param("/files/./a/b", ["/files/{p:path}", {"p": "./a/b"}], id="never-resolved"),
        pytest.param("/files//a", ["/files/{p:path}", {"p": "/a"}], id="empty-segment"),
        pytest.param("//files/a", None, id="empty-first-segment"),
        pytest.param("/files/%00", ["/files/{p}", {"p": "\0"}], id="nul"),
        pytest.param("/files/a%0A.txt", ["/files/{p}.txt", {"p": "a\n"}], id="newline"),
        pytest.param("/files/7%0A", ["/files/{p}", {"p": "7\n"}], id="newline-behind-a-number"),
        pytest.param("/files/%D9%A3", ["/files/{p}", {"p": "٣"}], id="arabic-digit"),
        pytest.param("/files/.txt", ["/files/{p}", {"p": ".txt"}], id="nothing-before-text"),
        pytest.param("/files/" + "9" * 6000, ["/files/{p}", {"p": "9" * 6000}], id="6000-digits"),
        pytest.param("/files/" + "a" * 65536, ["/files/{p}", {"p": "a" * 65536}], id="64-KB"),
        pytest.param(
            "/files/" + ".txt/" * 8192,
            ["/files/{p:path}", {"p": ".txt/" * 8192}],
            id="8192-segments",
        ),
        pytest.param("/FILES/a", None, id="case-counts"),
    ],
)
def test_a_target_is_decoded_once_and_matched_as_it_is(ask, http_scope, target, expected):
    """RFC 3986 §2.4; the server decodes, and dot segments are the client's to resolve (§5.2.4)."""
    api = API()
    seen = []
    for template in PLACES:

        def view(req, resp, **values):
            seen.append([req.route.path, values])

        api.add_route(template, view, sync_to_thread=False)

    answer = ask(api, http_scope(path=unquote(target), raw_path=target.encode()))

    assert answer.status == (404 if expected is None else 200)
    assert seen == ([] if expected is None else [expected])


def test_the_asterisk_form_is_no_path(ask, http_scope):
    """RFC 9110 §9.3.7: ``OPTIONS *`` asks the server, not the resource ``/*``."""
    api = API()

    @api.route("/{name}", methods=["GET", "OPTIONS"])
    async def view(req, resp, *, name):
        return name

    assert ask(api, http_scope("GET", path="*")).status == 404
    assert ask(api, http_scope("OPTIONS", path="*")).body != b"*"
