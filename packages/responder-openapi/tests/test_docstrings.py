"""Docstrings: a summary, a description, and YAML behind ``---``."""

import functools
import re
import sys
from pathlib import Path

import pytest

from responder_core import API
from responder_openapi import DocstringError, OpenAPI
from responder_openapi.docstrings import read_docstring, with_text_keys

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")


def plain(req, resp):
    """Say hello.

    To *anyone* who

    asks.
    """


def with_yaml(req, resp):
    """Say hello
    ---
    tags: [greeting]
    responses:
      200:
        description: A greeting.
      404:
        description: Nobody is there.
    """


def of_methods(req, resp):
    """Things.
    ---
    get:
      summary: Read it
    post:
      summary: Write it
      deprecated: true
    """


def with_nothing(req, resp):
    """Hello.
    ---
    """


def broken(req, resp):
    """Hello.

    ---
    tags: [a
    summary: x
    """


def with_a_list(req, resp):
    """Hello.

    ---
    - a
    """


class TestReading:
    @pytest.mark.parametrize(
        ("function", "summary", "description"),
        [
            (plain, "Say hello", "To *anyone* who\n\nasks."),
            (with_yaml, "Say hello", ""),
            (with_nothing, "Hello", ""),
            (lambda req, resp: None, "", ""),
        ],
    )
    def test_the_first_line_and_the_rest(self, function, summary, description):
        found = read_docstring(function)

        assert (found.summary, found.description) == (summary, description)

    def test_the_yaml_speaks_of_every_method(self):
        found = read_docstring(with_yaml)

        assert found.fragment("GET") == found.fragment("POST")
        assert found.fragment("GET")["tags"] == ["greeting"]
        assert found.fragment("GET")["responses"].keys() == {"200", "404"}

    def test_or_of_each(self):
        found = read_docstring(of_methods)

        assert found.fragment("GET") == {"summary": "Read it"}
        assert found.fragment("POST") == {"summary": "Write it", "deprecated": True}
        assert found.fragment("PUT") == {}

    @pytest.mark.parametrize("function", [broken, with_a_list])
    def test_what_cannot_be_read_is_named_by_file_and_line(self, function):
        with pytest.raises(DocstringError) as caught:
            read_docstring(function)

        line = int(re.search(r"\(test_docstrings\.py:(\d+)\)", str(caught.value))[1])
        text = Path(__file__).read_text(encoding="utf-8").splitlines()[line - 1]
        assert text.strip() in ("summary: x", "- a")
        assert function.__name__ in str(caught.value)

    def test_a_function_without_a_source_is_named_by_itself(self):
        space = {"__name__": "made"}
        exec('def view(req, resp):\n    """Hi.\n    ---\n    a: [\n    """\n', space)

        with pytest.raises(DocstringError, match=r"docstring of 'made\.view'"):
            read_docstring(space["view"])

    def test_control_characters_are_told_too(self):
        def view(req, resp): ...

        view.__doc__ = "Hi.\n\n---\na: \x01"

        with pytest.raises(DocstringError, match="cannot be read: "):
            read_docstring(view)

    def test_without_pyyaml_the_message_says_how_it_is_installed(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "yaml", None)

        assert read_docstring(plain).summary == "Say hello"
        with pytest.raises(DocstringError, match=r"responder-core\[yaml\]"):
            read_docstring(with_yaml)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("tags: 5", "tags is a list of texts, not 5"),
            ("tags: [5]", "tags is a list of texts"),
            ("responses:", "responses is a mapping of statuses to mappings, not None"),
            ("responses: {404: }", "responses is a mapping of statuses to mappings"),
            ("security: 5", "security is a list of mappings"),
            ("deprecated: perhaps", "deprecated is true or false, not 'perhaps'"),
            ("get: 5", "get is a mapping, not 5"),
            ("get: {tags: 5}", "tags is a list of texts"),
            ("sumary: x", "an operation has no member 'sumary'; did you mean 'summary'"),
            ("zzz: x", "an operation has no member 'zzz'; it has callbacks, "),
            ("a: &x [*x]", "it has a value that holds itself"),
        ],
    )
    def test_what_is_no_part_of_an_operation(self, text, message):
        def view(req, resp): ...

        view.__doc__ = f"Hi.\n\n---\n{text}"

        with pytest.raises(DocstringError, match=re.escape(message)) as caught:
            read_docstring(view)
        assert "test_docstrings.py:" in str(caught.value)

    def test_a_method_beside_what_is_said_of_all(self):
        def view(req, resp):
            """Hi.
            ---
            tags: [a]
            get: {summary: Read}
            """

        assert read_docstring(view).fragment("GET") == {"tags": ["a"], "summary": "Read"}
        assert read_docstring(view).fragment("PUT") == {"tags": ["a"]}

    def test_what_a_program_wrote_is_found(self):
        class Caller:
            """A class."""

            def __call__(self, req, resp):
                """Call it."""

        class Silent:
            """Of the class."""

            def __call__(self, req, resp): ...

        assert read_docstring(functools.partial(plain)).summary == "Say hello"
        assert read_docstring(Caller()).summary == "Call it"
        assert read_docstring(Silent()).summary == "Of the class"
        assert read_docstring(Silent).summary == "Of the class"


class TestOperations:
    def test_the_yaml_stands_over_what_is_known(self, operation_of):
        operation = operation_of(with_yaml)

        assert operation["summary"] == "Say hello"
        assert operation["tags"] == ["greeting"]
        assert operation["responses"]["200"] == {"description": "A greeting."}
        assert operation["responses"]["404"]["description"] == "Nobody is there."

    def test_keywords_stand_over_docstrings(self, operation_of):
        operation = operation_of(plain, summary="Other", description="Words")

        assert (operation["summary"], operation["description"]) == ("Other", "Words")

    def test_extra_stands_over_all(self, operation_of):
        extra = {"x-y": [1], "responses": {200: {"description": "Mine"}}, "tags": ["t"]}
        operation = operation_of(with_yaml, openapi_extra=extra)

        assert operation["x-y"] == [1]
        assert operation["tags"] == ["t"]
        assert operation["responses"]["200"]["description"] == "Mine"
        assert "404" in operation["responses"]

    def test_parameters_are_put_over_those_that_are_known_one_by_one(self, operation_of):
        def view(req, resp, *, x, q: int = 1):
            """X.
            ---
            parameters:
              - {name: q, in: query, description: The q.}
              - {name: X-More, in: header, schema: {type: string}}
            """

        found = {each["name"]: each for each in operation_of(view, "/{x}")["parameters"]}

        assert list(found) == ["x", "q", "X-More"]
        assert found["q"] == {
            "name": "q",
            "in": "query",
            "description": "The q.",
            "schema": {"type": "integer", "default": 1},
        }

    def test_a_reference_to_a_parameter_takes_the_place_of_none(self, document_of):
        api = API(extensions=[OpenAPI(openapi_route=None)])
        extra = {"parameters": [{"$ref": "#/components/schemas/Free"}]}
        api.extensions[0].add_schema("Free", {"name": "f", "in": "query", "schema": {}})
        api.get("/{x}", openapi_extra=extra)(lambda req, resp, *, x: None)

        operation = api.extensions[0].document()["paths"]["/{x}"]["get"]

        assert len(operation["parameters"]) == 2

    def test_a_view_without_a_docstring_is_told_by_its_name(self, operation_of):
        def show_allTheThings(req, resp): ...

        operation = operation_of(show_allTheThings)

        assert operation["summary"] == "Show all the things"
        assert "description" not in operation

    def test_the_docstring_of_a_class_speaks_of_its_methods(self, document_of):
        api = API(extensions=[OpenAPI(openapi_route=None)])

        class Things:
            """Things.
            ---
            get:
              summary: Read things
            """

            def on_get(self, req, resp):
                """Read."""

            def on_post(self, req, resp):
                """Write."""

        class Bare:
            def on_get(self, req, resp): ...

        api.add_route("/things", Things)
        api.add_route("/bare", Bare)
        item = document_of(api)["paths"]["/things"]

        assert item["get"]["summary"] == "Read things"
        assert item["post"]["summary"] == "Write"

    def test_an_answer_without_words_gets_its_phrase(self, operation_of):
        def view(req, resp):
            """X.
            ---
            responses:
              202: {headers: {}}
              default: {}
            x-mine: [1]
            """

        answers = operation_of(view)["responses"]

        assert answers["202"] == {"description": "Accepted", "headers": {}}
        assert answers["default"] == {"description": "An answer."}

    def test_what_cannot_be_read_is_told_when_the_app_starts(self, client_factory):
        api = API(extensions=[OpenAPI()])
        api.get("/")(broken)

        with pytest.raises(DocstringError, match=r"test_docstrings\.py"), client_factory(api):
            pass


def test_keys_become_texts():
    assert with_text_keys({200: [{1: (2, {3: 4})}]}) == {"200": [{"1": [2, {"3": 4}]}]}
