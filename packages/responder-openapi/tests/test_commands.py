"""``responder openapi``, as a user types it."""

import json

import pytest
from click.testing import CliRunner

from responder_core.commands.program import program

APP = """
import dataclasses
from responder_core import API
from responder_openapi import OpenAPI

@dataclasses.dataclass
class Tea:
    name: str

api = API(extensions=[OpenAPI(title="Tea", docs_route="/docs")])
bare = API()
broken = API(extensions=[OpenAPI()])

@bare.get("/teas")
@api.get("/teas")
async def list_teas(req, resp) -> list[Tea]:
    "List teas."

@api.get("/keepers", audience="keepers")
async def keepers(req, resp): ...

broken.get("/a")(list_teas)
broken.get("/b")(list_teas)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command where app.py is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "teashop.py").write_text(APP, encoding="utf-8")

    def invoke(*arguments, target="teashop:api"):
        return CliRunner().invoke(program, ["openapi", target, *arguments])

    return invoke


def test_the_document_is_written_as_yaml(run):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    result = run()

    assert result.exit_code == 0
    assert list(yaml.safe_load(result.stdout)["paths"]) == ["/teas"]


@pytest.mark.parametrize(
    ("arguments", "file"),
    [(["--format", "json"], None), (["-o", "api.json"], "api.json")],
)
def test_or_as_json(run, tmp_path, arguments, file):
    result = run(*arguments)

    text = result.stdout if file is None else (tmp_path / file).read_text(encoding="utf-8")
    assert json.loads(text)["info"]["title"] == "Tea"
    assert text.endswith("}\n")
    assert ("Wrote api.json" in result.stderr) is (file is not None)


def test_the_document_of_an_audience(run):
    result = run("--format", "json", "--audience", "keepers")

    assert list(json.loads(result.stdout)["paths"]) == ["/teas", "/keepers"]


def test_an_app_without_the_extension_is_documented_as_it_is(run):
    result = run("--format", "json", target="teashop:bare")

    assert list(json.loads(result.stdout)["paths"]) == ["/teas"]


def test_what_cannot_be_told_is_an_error(run):
    result = run(target="teashop:broken")

    assert result.exit_code == 1
    assert "the operationId 'list_teas' is that of GET /a" in result.stderr


class TestCheck:
    @pytest.fixture
    def kept(self, run, tmp_path):
        """A document that is kept, changed as the test says."""

        def keep(change=lambda document: None, name="kept.json"):
            document = json.loads(run("--format", "json").stdout)
            change(document)
            (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
            return name

        return keep

    def test_what_is_the_same(self, run, kept):
        result = run("--check", kept())

        assert (result.exit_code, result.stdout) == (0, "kept.json is what the app says.\n")

    def test_words_of_a_path_are_no_operation(self, run, kept):
        def change(document):
            document["paths"]["/teas"]["summary"] = "Teas"

        result = run("--check", kept(change))

        assert "Breaking" not in result.stdout
        assert result.exit_code == 1

    def test_what_is_kept_as_yaml(self, run, tmp_path):
        pytest.importorskip("yaml", reason="PyYAML is not installed")
        run("-o", "kept.yml")

        assert run("--check", "kept.yml").exit_code == 0

    def test_what_changed_is_told_apart(self, run, kept):
        def change(document):
            document["paths"]["/gone"] = {"get": {"responses": {}}}
            document["paths"]["/teas"]["get"]["summary"] = "Other"

        result = run("--check", kept(change))

        assert result.exit_code == 1
        *lines, last = result.stdout.splitlines()
        assert lines == [
            "Breaking:",
            "  GET /gone: is gone",
            "Compatible:",
            "  GET /teas: its words are others",
        ]
        assert last.endswith("; write it anew: responder openapi teashop:api -o kept.json")

    def test_how_the_document_of_an_audience_is_written_anew(self, run, kept):
        result = run("--audience", "keepers", "--check", kept())

        assert result.stdout.endswith(
            ": responder openapi teashop:api --audience keepers -o kept.json\n"
        )

    def test_what_breaks_nobody(self, run, kept):
        result = run("--check", kept(lambda document: document["info"].update(version="2")))

        assert result.exit_code == 1
        assert result.stdout.splitlines()[:2] == ["Compatible:", "  info: is another one"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("[1]", "is no OpenAPI document: it needs paths"),
            ('{"paths": []}', "is no OpenAPI document"),
            ('{"paths": {"/a": null}}', "is no OpenAPI document"),
            ('{"paths": {"/a": {"get": 5}}}', "document: get of /a is a mapping, not 5"),
            (
                '{"paths": {"/a": {"get": {"responses": null}}}}',
                "document: get of /a: responses is",
            ),
            (
                '{"paths": {"/a": {"x-query": {"parameters": ["b"]}}}}',
                "x-query of /a: parameters is",
            ),
            ("a: [", "cannot be read: "),
        ],
    )
    def test_what_is_no_document(self, run, tmp_path, content, message):
        if content.startswith("a"):
            pytest.importorskip("yaml", reason="PyYAML is not installed")
        (tmp_path / "kept.yml").write_text(content, encoding="utf-8")
        result = run("--check", "kept.yml")

        assert result.exit_code == 1
        assert message in result.stderr

    def test_yaml_without_pyyaml(self, run, tmp_path, monkeypatch):
        (tmp_path / "kept.yml").write_text("a: 1", encoding="utf-8")
        monkeypatch.setitem(__import__("sys").modules, "yaml", None)
        result = run("--check", "kept.yml")

        assert result.exit_code == 1
        assert "responder-core[yaml]" in result.stderr

    def test_a_file_that_there_is_not(self, run):
        assert run("--check", "nowhere.yml").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--audience", "nobody"], 1, "no route is for the audience 'nobody'; there is keepers"),
        (["-o", "nowhere/api.json"], 1, "nowhere/api.json cannot be written: No such file"),
        (["-o", "api.json", "--check", "teashop.py"], 2, "--check compares and --output writes"),
    ],
)
def test_what_cannot_be_done(run, arguments, code, message):
    result = run(*arguments)

    assert result.exit_code == code
    assert message in result.stderr


def test_the_command_is_listed():
    result = CliRunner().invoke(program, ["--help"])

    assert "openapi" in result.stdout
