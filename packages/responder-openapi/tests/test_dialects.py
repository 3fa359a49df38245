"""Dialects: documents of OpenAPI 3.1 as older versions have them."""

import pytest

from responder_core import API
from responder_openapi import OpenAPI
from responder_openapi.dialects import convert_schema, to_30

NULL = {"type": "string", "nullable": True, "enum": [None]}
REF = {"$ref": "#/components/schemas/X"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, {}),
        (False, {"not": {}}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, NULL),
        ({"type": ["integer", "string"]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (
            {"type": ["integer", "string", "null"], "minimum": 1},
            {
                "minimum": 1,
                "anyOf": [
                    {"type": "integer", "nullable": True},
                    {"type": "string", "nullable": True},
                ],
            },
        ),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": True}, {"type": "boolean", "enum": [True]}),
        ({"const": [1]}, {"enum": [[1]]}),
        ({"const": None}, NULL),
        (
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
            {"type": "string", "enum": ["a", None], "nullable": True},
        ),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"anyOf": [REF, {"type": "null"}]}, {"anyOf": [REF, NULL]}),
        ({"exclusiveMinimum": 1}, {"minimum": 1, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 9}, {"maximum": 9, "exclusiveMaximum": True}),
        ({"minimum": 5, "exclusiveMinimum": 1}, {"minimum": 5}),
        ({"minimum": 0, "exclusiveMinimum": 1}, {"minimum": 1, "exclusiveMinimum": True}),
        ({"maximum": 5, "exclusiveMaximum": 9}, {"maximum": 5}),
        ({"maximum": 5, "exclusiveMaximum": True}, {"maximum": 5, "exclusiveMaximum": True}),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, REF], "maxItems": 2},
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, REF]}, "maxItems": 2},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
            {"type": "array", "items": {"type": "integer"}},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}]},
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, {}]}},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "string", "contentEncoding": "base64"},
            {"type": "string", "format": "byte"},
        ),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            {"type": "string", "format": "binary"},
        ),
        ({"type": "string", "contentMediaType": "text/html"}, {"type": "string"}),
        ({"examples": [1, 2]}, {"example": 1}),
        ({"examples": [], "example": 3}, {"example": 3}),
        ({**REF, "default": 1}, {"allOf": [REF], "default": 1}),
        (REF, REF),
        ({"propertyNames": {}, "patternProperties": {}, "$defs": {}, "if": {}}, {}),
        (
            {"properties": {"a": {"const": 1}}, "additionalProperties": {"type": "null"}},
            {
                "properties": {"a": {"type": "integer", "enum": [1]}},
                "additionalProperties": NULL,
            },
        ),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"not": {"const": 1}}, {"not": {"type": "integer", "enum": [1]}}),
    ],
    ids=str,
)
def test_schemas_as_3_0_has_them(schema, expected):
    assert convert_schema(schema) == expected


class TestDocuments:
    def test_what_3_0_lacks_is_left_out(self):
        document = {
            "openapi": "3.0.3",
            "jsonSchemaDialect": "x",
            "webhooks": {},
            "info": {
                "title": "x",
                "version": "1",
                "summary": "s",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "security": [{"mutual": []}, {"key": []}],
            "paths": {
                "/": {
                    "get": {
                        "security": [{"mutual": []}],
                        "responses": {
                            "200": {
                                "content": {
                                    "application/json": {
                                        "schema": {"const": 1},
                                        "example": {"const": 1, "schema": {"const": 2}},
                                    }
                                }
                            }
                        },
                    }
                }
            },
            "components": {
                "pathItems": {},
                "schemas": {"X": {"type": ["string", "null"]}},
                "securitySchemes": {
                    "mutual": {"type": "mutualTLS"},
                    "key": {"type": "apiKey", "in": "header", "name": "X"},
                },
            },
        }

        found = to_30(document)

        assert found["info"] == {
            "title": "x",
            "version": "1",
            "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
        }
        assert found.keys().isdisjoint({"webhooks", "jsonSchemaDialect"})
        assert found["components"]["schemas"]["X"] == {"type": "string", "nullable": True}
        schemes = found["components"]["securitySchemes"]
        assert schemes["key"]["type"] == "apiKey"
        assert schemes["mutual"]["type"] == "http"  # What asks for it must not look open.
        operation = found["paths"]["/"]["get"]
        assert operation["security"] == [{"mutual": []}]
        media = operation["responses"]["200"]["content"]["application/json"]
        assert media["schema"] == {"type": "integer", "enum": [1]}
        assert media["example"] == {"const": 1, "schema": {"const": 2}}

    def test_what_a_program_chose_a_name_for_is_converted_by_any_name(self):
        answer = {"content": {"text/plain": {"schema": {"const": "a"}}}}
        headers = {"Example": {"schema": {"const": "b"}}, "value": {"schema": {"const": "c"}}}
        operation = {"responses": {"default": {**answer, "headers": headers}}}

        found = to_30({"info": {}, "paths": {"/": {"get": operation}}})["paths"]["/"]["get"]

        told = found["responses"]["default"]
        assert told["content"]["text/plain"]["schema"] == {"type": "string", "enum": ["a"]}
        assert told["headers"]["Example"]["schema"]["enum"] == ["b"]
        assert told["headers"]["value"]["schema"]["enum"] == ["c"]

    def test_a_license_with_a_url_keeps_it(self):
        info = {"title": "x", "version": "1", "license": {"name": "A", "url": "https://a"}}

        assert to_30({"info": info, "paths": {}})["info"] == info

    @pytest.mark.parametrize(
        ("version", "expected", "method"),
        [
            (None, "3.2.0", "query"),
            ("3.2.0", "3.2.0", "query"),
            ("3.1.0", "3.1.0", "x-query"),
            ("3.1.1", "3.1.1", "x-query"),
            ("3.0.3", "3.0.3", "x-query"),
        ],
    )
    def test_query_has_a_place_since_3_2(self, document_of, version, expected, method):
        api = API(extensions=[OpenAPI(openapi_route=None, openapi=version)])
        api.query("/")(lambda req, resp: None)

        document = document_of(api)

        assert document["openapi"] == expected
        assert list(document["paths"]["/"]) == [method]
