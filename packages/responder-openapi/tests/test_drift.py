"""Drift: what changed between two documents, and which of it breaks clients."""

import copy

import pytest

from responder_openapi.drift import compare_documents

ITEM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 10},
        "kind": {"enum": ["a", "b"]},
        "self": {"$ref": "#/components/schemas/Item"},
    },
    "required": ["name"],
}

BASE = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "1"},
    "security": [],
    "paths": {
        "/items/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
            ],
            "get": {
                "operationId": "show",
                "summary": "Show",
                "parameters": [
                    {"name": "q", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                    {"name": "X-A", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "headers": {"X-B": {"schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Item"}}
                        },
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "change",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Item"}}
                    }
                },
                "responses": {"204": {"description": "Done"}},
            },
        },
        "/lines": {
            "get": {
                "operationId": "lines",
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {
                            "application/x-ndjson": {"itemSchema": {"type": ["string", "null"]}}
                        },
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {"Item": ITEM},
        "responses": {"NotFound": {"description": "No"}},
    },
}

GET = "GET /items/{id}"
POST = "POST /items/{id}"
SHOW = ("paths", "/items/{id}", "get")
CHANGE = ("paths", "/items/{id}", "post")
NAME = ("components", "schemas", "Item", "properties", "name")
Q = (*SHOW, "parameters", 0)
BODY = (*CHANGE, "requestBody")
OK = (*SHOW, "responses", "200")
LINES = ("paths", "/lines", "get", "responses", "200", "content", "application/x-ndjson")


class GONE:
    """In place of a value: the change takes it away."""


def changed(*changes):
    """The document with values put in at paths, or taken out."""
    document = copy.deepcopy(BASE)
    for path, value in changes:
        place = document
        for step in path[:-1]:
            place = place[step]
        if value is GONE:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return document


def told(old, new):
    return [(each.is_breaking, str(each)) for each in compare_documents(old, new)]


@pytest.mark.parametrize(
    ("path", "value", "breaking", "compatible"),
    [
        (SHOW, GONE, [f"{GET}: is gone"], []),
        (
            ("paths", "/new"),
            {"get": {"responses": {}}, "summary": "x"},
            [],
            ["GET /new: is new"],
        ),
        ((*SHOW, "operationId"), "x", [f"{GET}: operationId was 'show', is 'x'"], []),
        ((*SHOW, "summary"), "Other", [], [f"{GET}: its words are others"]),
        ((*SHOW, "deprecated"), True, [], [f"{GET}: is deprecated"]),
        ((*Q, "required"), True, [f"{GET}, query parameter 'q': is required now"], []),
        (
            (*SHOW, "parameters"),
            BASE["paths"]["/items/{id}"]["get"]["parameters"][:1],
            [f"{GET}: the header parameter 'x-a' is gone"],
            [],
        ),
        (
            (*SHOW, "parameters", 1),
            {"name": "x-a", "in": "header", "schema": {"type": "string"}},
            [],
            ["components: their words, or what no operation has"],
        ),
        ((*Q, "schema", "minimum"), 2, [f"{GET}, query parameter 'q': minimum is 2, was 1"], []),
        ((*Q, "schema", "minimum"), 0, [], [f"{GET}, query parameter 'q': minimum is 0, was 1"]),
        (
            (*Q, "schema", "minimum"),
            GONE,
            [],
            [f"{GET}, query parameter 'q': minimum is gone, was 1"],
        ),
        (
            (*Q, "schema", "maximum"),
            9,
            [f"{GET}, query parameter 'q': maximum is 9 now"],
            [],
        ),
        (
            (*Q, "schema", "exclusiveMinimum"),
            True,
            [f"{GET}, query parameter 'q': exclusiveMinimum is 1 now"],
            [f"{GET}, query parameter 'q': minimum is gone, was 1"],
        ),
        (
            (*Q, "schema", "type"),
            "number",
            [],
            [f"{GET}, query parameter 'q': is integer or number, was integer"],
        ),
        (
            (*Q, "schema", "type"),
            "string",
            [f"{GET}, query parameter 'q': is string, was integer"],
            [],
        ),
        (
            (*Q, "schema", "type"),
            GONE,
            [],
            [f"{GET}, query parameter 'q': is anything, was integer"],
        ),
        (
            (*Q, "schema", "default"),
            3,
            [],
            [f"{GET}, query parameter 'q': defaults to 3, defaulted to None"],
        ),
        (
            (*Q, "schema", "pattern"),
            "^a",
            [f"{GET}, query parameter 'q': pattern is '^a' now"],
            [],
        ),
        (
            (*Q, "schema", "const"),
            1,
            [f"{GET}, query parameter 'q': takes only some values now"],
            [],
        ),
        (BODY, GONE, [f"{POST}: no body is taken any more"], []),
        ((*BODY, "required"), True, [f"{POST}, body: is required now"], []),
        (
            (*BODY, "content", "text/plain"),
            {},
            [],
            [f"{POST}, body: text/plain is new"],
        ),
        (
            (*BODY, "content"),
            {},
            [f"{POST}, body: application/json is gone"],
            [],
        ),
        (
            ("paths", "/lines", "get", "requestBody"),
            {"required": True, "content": {}},
            ["GET /lines: a body is required now"],
            [],
        ),
        (
            ("paths", "/lines", "get", "requestBody"),
            {"content": {}},
            [],
            ["GET /lines: a body is taken now"],
        ),
        (OK, GONE, [f"{GET}, response 200: is gone"], []),
        ((*SHOW, "responses", "404"), GONE, [], [f"{GET}, response 404: is gone"]),
        ((*SHOW, "responses", "410"), {}, [], [f"{GET}, response 410: is new"]),
        ((*OK, "headers"), {}, [f"{GET}, response 200: the header 'X-B' is gone"], []),
        (
            (*OK, "headers", "X-C"),
            {},
            [],
            [f"{GET}, response 200: the header 'X-C' is new"],
        ),
        (
            (*SHOW, "security"),
            [{"key": []}],
            [f"{GET}: asks for key, asked for nothing"],
            [],
        ),
        (("security",), [{"key": []}], None, None),
        (("info", "version"), "2", [], ["info: is another one"]),
        (
            (*LINES, "itemSchema", "type"),
            "string",
            [],
            ["GET /lines, response 200: is string, was null or string"],
        ),
    ],
    ids=str,
)
def test_what_is_told_of_one_change(path, value, breaking, compatible):
    changes = told(BASE, changed((path, value)))

    if breaking is None:
        assert any(is_breaking for is_breaking, _ in changes)
        return
    assert [text for is_breaking, text in changes if is_breaking] == breaking
    assert [text for is_breaking, text in changes if not is_breaking] == compatible


def test_a_document_is_what_it_is():
    assert told(BASE, copy.deepcopy(BASE)) == []


def test_what_the_parameters_of_a_path_are_called_no_client_sees():
    document = copy.deepcopy(BASE)
    item = document["paths"].pop("/items/{id}")
    item["parameters"][0]["name"] = "number"
    document["paths"]["/items/{number}"] = item

    assert not any(is_breaking for is_breaking, _ in told(BASE, document))


@pytest.mark.parametrize(
    ("change", "request_breaks", "response_breaks", "text"),
    [
        (((*NAME, "maxLength"), 5), True, False, ".name: maxLength is 5, was 10"),
        (((*NAME, "maxLength"), 20), False, True, ".name: maxLength is 20, was 10"),
        (((*NAME[:-1], "kind", "enum"), ["a"]), True, False, ".kind: the value 'b' is gone"),
        (
            ((*NAME[:-1], "kind", "enum"), ["a", "b", "c"]),
            False,
            True,
            ".kind: the value 'c' is new",
        ),
        (((*NAME[:-1], "kind"), {}), False, True, ".kind: takes any value now"),
        (((*NAME[:-1], "kind"), GONE), True, True, ".kind: is gone"),
        (((*NAME[:-1], "more"), {"type": "string"}), False, False, ".more: is new"),
        (((*NAME[:-2], "required"), []), False, True, ".name: "),
        (((*NAME[:-2], "required"), ["name", "kind"]), True, False, ".kind: "),
        (((*NAME[:-2], "additionalProperties"), False), True, False, ": takes no other"),
        (((*NAME, "format"), "date"), True, False, ".name: format is 'date' now"),
        (((*NAME, "allOf"), [{}]), True, True, ".name: is all of other kinds"),
        (
            (NAME, {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "integer"}]}),
            False,
            True,
            ".name: may be integer now",
        ),
    ],
    ids=str,
)
def test_what_narrows_breaks_who_sends_and_what_widens_who_receives(
    change, request_breaks, response_breaks, text
):
    changes = told(BASE, changed(change))

    sent = [is_breaking for is_breaking, each in changes if each.startswith(f"{POST}, body{text}")]
    received = [
        is_breaking
        for is_breaking, each in changes
        if each.startswith(f"{GET}, response 200{text}")
    ]
    assert sent == [request_breaks]
    assert received == [response_breaks]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"format": "date"}, {"format": "time"}, "format is 'time', was 'date'"),
        ({"format": "date"}, {}, "format 'date' is gone"),
        ({"type": "integer"}, {}, "is anything, was integer"),
        ({}, {"type": "integer"}, "is integer, was anything"),
        (
            {"type": "string", "nullable": True},
            {"type": "string"},
            "is string, was null or string",
        ),
        ({"items": {"type": "string"}}, {"items": {"type": "integer"}}, "is integer, was string"),
        ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "integer"}]}, "is integer, was"),
        ({"type": "array"}, {"type": "array", "items": {"type": "integer"}}, "[]: is integer, was"),
        (
            {"type": "object"},
            {"type": "object", "additionalProperties": {"type": "integer"}},
            ".*: is integer, was anything",
        ),
        ({}, {"propertyNames": {"pattern": "^a"}}, ".*: pattern is '^a' now"),
        ({}, {"uniqueItems": True}, "takes no item twice now"),
        ({"additionalProperties": False}, {}, "takes other members now"),
        (True, {"type": "string"}, "is string, was anything"),
        ({}, False, "leaves something out now"),
        ({"anyOf": [{"type": "string"}, True]}, {"type": "string"}, "is no other kind any more"),
        ({"allOf": [True]}, {"type": "string"}, "is string, was anything"),
        ({}, {"prefixItems": [{}]}, "has 1 items of their own kinds, had 0"),
        (
            {"prefixItems": [{"type": "string"}]},
            {"prefixItems": [{"type": "integer"}]},
            "[0]: is integer, was string",
        ),
        (
            {"minimum": 1},
            {"minimum": 1, "exclusiveMinimum": True},
            "exclusiveMinimum is 1 now",
        ),
    ],
    ids=str,
)
def test_more_of_schemas(old, new, text):
    place = (*Q, "schema")

    changes = told(changed((place, old)), changed((place, new)))

    assert any(text in each for _, each in changes)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"not": {"const": "x"}}),
        ({"not": {"enum": ["x"]}}, {"not": {"enum": ["x", "y"]}}),
        ({"not": {"type": "null"}}, {"not": {"type": ["string", "null"]}}),
        ({"additionalProperties": {"type": "integer"}}, {"additionalProperties": False}),
    ],
    ids=["is new", "has more values", "has more types", "other members"],
)
def test_what_leaves_more_out_takes_less(wide, narrow):
    place = (*Q, "schema")
    wide, narrow = changed((place, wide)), changed((place, narrow))

    assert [is_breaking for is_breaking, _ in told(wide, narrow)] == [True]
    assert [is_breaking for is_breaking, _ in told(narrow, wide)] == [False]


def test_a_model_is_compared_again_where_it_is_left_out():
    model = {"$ref": "#/components/schemas/A"}
    old = changed(((*Q, "schema"), {"properties": {"a": model}, "not": model}))
    old["components"]["schemas"]["A"] = {"type": "integer"}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["A"] = {"type": ["integer", "string"]}

    changes = told(old, new)

    where = f"{GET}, query parameter 'q'"
    assert [text.startswith(f"{where} not") for is_breaking, text in changes if is_breaking] == [
        True
    ]
    assert any(text.startswith(f"{where}.a") for is_breaking, text in changes if not is_breaking)


def test_less_security_breaks_nobody():
    place = (*SHOW, "security")

    changes = told(changed((place, [{"key": []}])), changed((place, [{"key": []}, {"other": []}])))

    assert changes == [(False, f"{GET}: asks for key or other, asked for key")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            {"type": "string", "nullable": True, "enum": ["a", None]},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        ),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"const": 1}, {"enum": [1]}),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/Item"}], "default": None},
            {"$ref": "#/components/schemas/Item"},
        ),
        (
            {"anyOf": [{"type": "string", "nullable": True, "enum": [None]}, {"type": "integer"}]},
            {"type": ["integer", "null"]},
        ),
    ],
    ids=str,
)
def test_versions_of_openapi_say_the_same_otherwise(old, new):
    place = (*Q, "schema")

    changes = told(changed((place, old)), changed((place, new)))

    assert changes == [(False, "components: their words, or what no operation has")]


def test_a_kind_more_is_found_beside_a_model():
    item = {"$ref": "#/components/schemas/Item"}
    place = (*BODY, "content", "application/json", "schema")
    wider = changed((place, {"anyOf": [{"type": "null"}, item]}))

    assert told(BASE, wider) == [(False, f"{POST}, body: may be null now")]
    assert told(wider, BASE) == [(True, f"{POST}, body: is no null any more")]


def test_a_scheme_that_is_another_one_under_its_name():
    def secured(scheme, scopes=()):
        document = changed(((*SHOW, "security"), [{"key": list(scopes)}]))
        document["components"]["securitySchemes"] = {"key": scheme}
        return document

    basic, bearer = ({"type": "http", "scheme": each} for each in ("basic", "bearer"))

    assert told(secured(basic), secured(bearer)) == [
        (True, f"{GET}: the security scheme 'key' is another one")
    ]
    assert told(secured(basic), secured({**basic, "description": "x"})) == [
        (False, "components: their words, or what no operation has")
    ]
    assert told(secured(basic), secured(basic, ["write"])) == [
        (True, f"{GET}: asks for key (write), asked for key")
    ]


def test_models_that_have_each_other_are_compared_in_no_time():
    names = [f"M{number}" for number in range(30)]
    clique = {
        name: {
            "properties": {other: {"$ref": f"#/components/schemas/{other}"} for other in names},
        }
        for name in names
    }
    document = changed(((*Q, "schema"), {"$ref": "#/components/schemas/M0"}))
    document["components"]["schemas"] |= clique
    other = copy.deepcopy(document)
    other["components"]["schemas"]["M29"]["properties"]["M0"] = {"type": "string"}

    changes = told(document, other)

    assert len(changes) < 40
    assert any(is_breaking for is_breaking, _ in changes)


@pytest.mark.parametrize(
    "tree",
    [
        {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Tree"}},
        {"anyOf": [{"type": "string"}, {"items": {"$ref": "#/components/schemas/Tree"}}]},
    ],
    ids=["items", "members", "kinds"],
)
def test_a_model_that_has_itself_becomes_anything_and_comes_back(tree):
    document = changed(((*Q, "schema"), {"$ref": "#/components/schemas/Tree"}))
    document["components"]["schemas"]["Tree"] = tree
    anything = changed(((*Q, "schema"), {}))

    assert told(document, anything)
    assert told(anything, document)


def test_parameters_come_and_become_optional():
    needed = changed(((*Q, "required"), True))
    more = copy.deepcopy(BASE)
    more["paths"]["/items/{id}"]["get"]["parameters"] += [
        {"name": "new", "in": "query", "schema": {}},
        {"name": "needed", "in": "query", "required": True, "schema": {}},
    ]

    assert told(needed, BASE) == [(False, f"{GET}, query parameter 'q': is optional now")]
    assert told(BASE, more) == [
        (False, f"{GET}: the optional query parameter 'new' is new"),
        (True, f"{GET}: the required query parameter 'needed' is new"),
    ]


def test_a_reference_that_leads_round_in_a_circle_is_left():
    document = changed(((*Q, "schema"), {"$ref": "#/components/schemas/A"}))
    document["components"]["schemas"]["A"] = {"$ref": "#/components/schemas/A"}

    assert told(document, copy.deepcopy(document)) == []


def test_a_reference_to_nothing_is_anything():
    schema = {"$ref": "#/components/schemas/Nothing"}

    assert told(changed(((*Q, "schema"), schema)), changed(((*Q, "schema"), schema))) == []
