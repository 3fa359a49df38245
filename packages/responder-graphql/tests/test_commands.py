"""The command line: ``responder graphql schema``."""

from __future__ import annotations

import os
import re
import sys

import pytest
from click.testing import CliRunner

from responder_core.commands.program import program

APP = """
from graphql import build_schema
from responder_core import API
from responder_graphql import mount

api = API()
mount(api, "/graphql", schema=build_schema("type Query { a: Int b(c: Int!): String }"))
two = API()
mount(two, "/one", schema=build_schema("type Query { one: Int }"))
mount(two, "/two", schema=build_schema("type Query { two: Int }"))
none = API()
"""
SDL = "type Query {\n  a: Int\n  b(c: Int!): String\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with an app, and an environment of its own."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in list(os.environ):
        if name.startswith("RESPONDER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(APP)
    yield tmp_path
    sys.modules.pop("shop", None)


@pytest.fixture
def call():
    def run(*arguments, code=0):
        result = CliRunner().invoke(
            program, ["graphql", "schema", *arguments], prog_name="responder"
        )
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def test_the_schema_is_written(call):
    assert call("shop:api") == SDL


def test_one_of_several_is_chosen_by_its_path(call):
    assert "  two: Int" in call("shop:two", "--path", "/two")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop:none"], "the app has no GraphQL endpoint"),
        (["shop:two"], "endpoints at /one, /two; say which by --path"),
        (["shop:two", "--path", "/three"], "there is none at '/three'"),
        (["shop:api", "--path", "/three"], "endpoints at /graphql; there is none at '/three'"),
        (["shop:api", "--check", "gone.graphql"], "gone.graphql cannot be read: No such file"),
    ],
)
def test_what_cannot_be_done_is_told(call, arguments, message):
    assert message in call(*arguments, code=1)


class TestCheck:
    def test_a_file_that_is_the_schema_is_well(self, call, folder):
        (folder / "schema.graphql").write_text(SDL.rstrip() + "\n\n")

        assert call("shop:api", "--check", "schema.graphql") == "schema.graphql is the schema.\n"

    def test_a_difference_is_shown_and_what_it_breaks(self, call, folder):
        (folder / "schema.graphql").write_text("type Query { a: Int b: String gone: Int }")

        told = call("shop:api", "--check", "schema.graphql", code=1)

        assert "+++ the schema" in told
        assert re.search(r"breaks clients: .*Query\.gone was removed\.", told)
        assert re.search(r"breaks clients: A required arg.* was added\.", told)

    def test_an_addition_breaks_nobody(self, call, folder):
        (folder / "schema.graphql").write_text("type Query {\n  a: Int\n}\n")

        told = call("shop:api", "--check", "schema.graphql", code=1)

        assert "+  b(c: Int!): String" in told
        assert "breaks" not in told

    def test_a_file_in_another_encoding_cannot_be_read(self, call, folder):
        (folder / "schema.graphql").write_bytes(b"# caf\xe9\n" + SDL.encode())

        told = call("shop:api", "--check", "schema.graphql", code=1)

        assert "schema.graphql cannot be read: it is no UTF-8" in told

    def test_a_file_of_something_else_is_just_different(self, call, folder):
        (folder / "schema.graphql").write_text("nonsense {")

        assert "-nonsense {" in call("shop:api", "--check", "schema.graphql", code=1)


def test_the_program_knows_the_command():
    told = CliRunner().invoke(program, ["--help"], prog_name="responder").output

    assert "graphql" in told
    assert "schema" in CliRunner().invoke(program, ["graphql", "--help"]).output
