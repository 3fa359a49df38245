"""The command line: each command as it is called."""

import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from responder_core.commands import program as programs
from responder_core.commands.program import COMMANDS, program

APP = """\
import responder_core

api = responder_core.API(allowed_hosts=["example.org", "127.0.0.1"])
NAME = "tea shop"


@api.get("/items/{id:int}")
async def show(req, resp, *, id):
    resp.text = "tea"


@api.post("/items")
async def make(req, resp): ...
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, with modules and an environment of its own."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in list(os.environ):
        if name in {"PORT", "WEB_CONCURRENCY"} or name.startswith("RESPONDER_"):
            monkeypatch.delenv(name)
    known = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - known:
        if not name.startswith("responder"):
            del sys.modules[name]


@pytest.fixture
def call():
    def run(*arguments, code=0):
        result = CliRunner().invoke(program, list(arguments), prog_name="responder")
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


@pytest.fixture
def app(folder):
    (folder / "app.py").write_text(APP)


class TestProgram:
    def test_help_names_every_command(self, call):
        told = call("--help")

        assert all(re.search(rf"^  {name} ", told, re.MULTILINE) for name in COMMANDS)
        assert "module:attribute" in told

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_command_has_its_help(self, call, name):
        assert f"Usage: responder {name}" in call(name, "--help")

    def test_the_version_is_that_of_each_package(self, call):
        told = call("--version")

        assert re.search(r"^responder-core \d+\.\d+\.\d+$", told, re.MULTILINE)
        assert f"Python {sys.version.split()[0]}" in told

    def test_a_package_that_is_not_installed_is_in_no_version(self, call, monkeypatch):
        def version(name):
            if name != "responder-core":
                raise importlib.metadata.PackageNotFoundError(name)
            return "7.0.0"

        monkeypatch.setattr(programs, "version", version)

        told = call("--version").splitlines()

        assert told == ["responder-core 7.0.0", f"Python {sys.version.split()[0]}"]

    def test_a_command_that_a_program_adds_is_called(self, call, monkeypatch):
        monkeypatch.setattr(program, "commands", dict(program.commands))
        program.add_command(click.Command("pour", callback=lambda: click.echo("tea")))

        assert call("pour") == "tea\n"

    def test_a_shell_completes_where_the_project_cannot_be_read(self, folder):
        (folder / "pyproject.toml").write_text("[tool.responder")
        env = {"_RESPONDER_COMPLETE": "bash_complete", "COMP_WORDS": "responder rou"}

        result = CliRunner(env={**env, "COMP_CWORD": "1"}).invoke(program, prog_name="responder")

        assert result.output == "plain,routes\n"

    def test_a_command_that_is_not_there_names_one_that_is(self, call):
        assert "There is no command 'rout'; did you mean 'routes'?" in call("rout", code=2)
        assert "No such command 'xyz'" in call("xyz", code=2)

    def test_python_runs_it_too(self, folder):
        command = [sys.executable, "-m", "responder_core", "--version"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)

        assert "responder-core" in result.stdout

    def test_help_imports_no_server(self, folder):
        code = (
            "import sys; from responder_core.commands.program import program\n"
            "program(['--help'], standalone_mode=False)\n"
            "print(*{'uvicorn', 'granian'} & set(sys.modules), file=sys.stderr)"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
        )

        # What `import responder_core` itself brings is another matter.
        assert "uvicorn" not in result.stderr
        assert "granian" not in result.stderr


class TestPlugIns:
    @pytest.fixture
    def plug_in(self, folder, monkeypatch):
        """A package that adds commands."""
        (folder / "keys.py").write_text(
            "import click\n@click.command(help='Make a key.')\ndef command():\n"
            "    click.echo('a new key')\n\nnothing = 3\n"
        )
        info = folder / "keys-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keys\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[{programs.PLUG_INS}]\nkey = keys:command\nbad = keys:nothing\nrun = keys:command\n"
            "gone = keys.gone:command\n"
        )
        monkeypatch.syspath_prepend(str(folder))

    def test_they_are_commands_like_ours(self, call, plug_in):
        assert call("key") == "a new key\n"
        assert re.search(r"^  key +Make a key\.$", call("--help"), re.MULTILINE)

    def test_one_that_cannot_be_loaded_says_why_in_the_help(self, call, plug_in):
        told = " ".join(call("--help").split())

        assert "bad Cannot be loaded: the plug-in 'keys:nothing' is 3, no click command" in told
        assert "gone Cannot be loaded: No module named 'keys.gone'" in told

    def test_one_of_ours_cannot_be_replaced(self, call, plug_in):
        assert "Serve TARGET in production" in call("run", "--help")

    def test_what_is_no_command_is_named(self, call, plug_in):
        assert "the plug-in 'keys:nothing' is 3, no click command" in call("bad", code=1)


class TestRoutes:
    def test_a_table(self, call, app):
        told = call("routes")

        assert re.search(r"^GET,HEAD  /items/\{id:int\}  show  app\.show$", told, re.MULTILINE)

    def test_json_and_grep(self, call, app):
        (row,) = json.loads(call("routes", "app:api", "--json", "--grep", "post"))

        assert (row["path"], row["methods"]) == ("/items", ["POST"])

    def test_an_app_of_another_kind_is_refused(self, call, folder):
        (folder / "raw.py").write_text("async def app(scope, receive, send): ...")

        assert "this command is for an API" in call("routes", "raw", code=1)


class TestTarget:
    def test_the_project_says_it(self, call, folder):
        (folder / "shop.py").write_text(
            APP.replace("api =", "service =").replace("@api", "@service")
        )
        (folder / "pyproject.toml").write_text('[tool.responder]\napp = "shop:service"\n')

        assert "shop.show" in call("routes")

    def test_the_environment_goes_before_it(self, call, app, folder, monkeypatch):
        (folder / "pyproject.toml").write_text('[tool.responder]\napp = "shop:service"\n')
        monkeypatch.setenv("RESPONDER_APP", "app")

        assert "app.show" in call("routes")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[tool.responder", "pyproject.toml is no TOML"),
            ("[tool]\nresponder = 3", "responder is a table, not 3"),
            ('tool = "responder"', "tool is a table, not 'responder'"),
            ("[tool.responder]\napp = 3", "tool.responder.app is 3; write"),
            ("[tool.responder.routes]\ngrap = 'x'", "no option 'grap'"),
            ("[tool.responder.rum]\nport = 3", "has no 'rum'; did you mean 'run'?"),
            ("[tool.responder]\nrun = 3", "tool.responder.run is 3; write [tool.responder.run]"),
        ],
    )
    def test_a_project_that_cannot_be_read(self, call, app, folder, text, said):
        (folder / "pyproject.toml").write_text(text)

        assert said in call("routes", code=1)

    def test_a_project_that_says_nothing_of_it_ends_the_search(self, call, folder, monkeypatch):
        """Not that of the folder above, which is another project's."""
        (folder / "pyproject.toml").write_text('[tool.responder]\napp = "nowhere"\n')
        inner = folder / "inner"
        inner.mkdir()
        (inner / "pyproject.toml").write_text("[project]\n")
        (inner / "app.py").write_text(APP)
        monkeypatch.chdir(inner)

        assert "app.show" in call("routes")

    def test_a_toml_without_its_library_says_what_to_install(self, call, app, folder, monkeypatch):
        (folder / "pyproject.toml").write_text("[tool.responder]\n")
        for name in ("tomllib", "tomli"):
            monkeypatch.setitem(sys.modules, name, None)

        assert "pip install 'responder-core[server]'" in call("routes", code=1)

    def test_what_the_module_does_not_have_is_said(self, call, app):
        assert "there is no 'missing' in <module 'app'" in call("routes", "app:missing", code=1)

    def test_what_was_looked_for_is_said(self, call, folder):
        assert f"there is no app in {folder}: looked for app.py" in call("routes", code=1)


class TestCheck:
    def test_what_is_found_is_told_and_the_exit_code_says_so(self, call, folder):
        (folder / "app.py").write_text(APP.replace("API(", "API(debug=True, "))

        told = call("check", code=1)
        assert "error [debug-on] debug is on" in told
        assert "1 error, 0 warnings" in told

    def test_notes_alone_are_fine(self, call, app):
        assert "note [no-timeout]" in call("check")
        call("check", "--fail-on", "note", code=1)

    def test_what_is_meant_so_is_ignored(self, call, folder):
        (folder / "app.py").write_text(APP.replace("API(", "API(debug=True, "))

        assert "debug-on" not in call("check", "--ignore", "debug-on")
        assert "there is no finding 'debug'" in call("check", "--ignore", "debug", code=1)

    def test_as_json(self, call, app):
        found = json.loads(call("check", "--json"))

        assert {"level", "code", "message", "remedy"} == found[0].keys()

    def test_it_knows_how_many_workers_there_will_be(self, call, folder, monkeypatch):
        (folder / "app.py").write_text(
            "import responder_core\n"
            "from responder_core.deployment import Finding\n"
            "class Memory(responder_core.Extension):\n"
            "    def check(self, api, deployment):\n"
            "        return [Finding('error', 'store', f'{deployment.workers} stores', 'One.')]\n"
            "api = responder_core.API(extensions=[Memory()])\n"
        )
        monkeypatch.setenv("WEB_CONCURRENCY", "3")

        assert "3 stores" in call("check", code=1)
        assert "4 stores" in call("check", "--workers", "4", code=1)


class TestShell:
    def test_it_has_the_app_a_client_and_the_names_of_the_module(self, call, app):
        code = "print(NAME, api.requests is not None, client.get('http://127.0.0.1/items/3').text)"

        assert call("shell", "-c", code) == "tea shop True tea\n"

    def test_there_is_no_client_without_its_library(self, call, app, monkeypatch):
        monkeypatch.setitem(sys.modules, "httpx2", None)

        assert call("shell", "-c", "print(NAME, 'client' in globals())") == "tea shop False\n"

    def test_what_is_typed_is_run(self, app, folder):
        result = subprocess.run(
            [sys.executable, "-m", "responder_core", "shell"],
            input="print(NAME.upper())\n",
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert "TEA SHOP" in result.stdout
        assert "with api, client" in result.stderr


class TestNew:
    def test_its_tests_pass_and_it_has_routes(self, call, folder):
        told = call("new", "tea-shop")

        assert "Next: cd tea-shop && responder dev" in told
        for arguments in (["pytest", "-q", "-p", "no:cacheprovider"], ["responder_core", "routes"]):
            result = subprocess.run(
                [sys.executable, "-m", *arguments],
                cwd=folder / "tea-shop",
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert result.returncode == 0, result.stdout + result.stderr
        assert "/hello/{name}" in result.stdout

    @pytest.mark.parametrize("installed", [True, False])
    def test_it_is_for_what_is_installed(self, call, folder, monkeypatch, installed):
        def version(name):
            if not installed:
                raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr("responder_core.commands.new.version", version)
        call("new", "tea")

        package = "responder" if installed else "responder_core"
        assert f"import {package}\n" in (folder / "tea" / "app.py").read_text()

    @pytest.mark.parametrize(
        "name", ["", "1shop", "tea shop", "tee-laden-für", "../shop", ".", "shop-"]
    )
    def test_a_name_that_is_none(self, call, folder, name):
        assert "is no name for a service" in call("new", name, code=1)
        assert [*folder.iterdir()] == []

    def test_what_is_there_is_kept(self, call, folder):
        (folder / "shop").mkdir()
        (folder / "shop" / "notes.txt").write_text("kept")

        assert "is there already, and not empty" in call("new", "shop", code=1)
        assert [file.name for file in (folder / "shop").iterdir()] == ["notes.txt"]

    def test_a_place_that_cannot_be_written(self, call, folder):
        (folder / "file").touch()

        assert "file is a file" in call("new", "shop", "--directory", "file", code=1)
        assert "cannot write to" in call("new", "shop", "--directory", "file/below", code=1)

    def test_an_empty_directory_will_do(self, call, folder):
        (folder / "here").mkdir()
        call("new", "shop", "--directory", "here")

        assert (folder / "here" / "app.py").is_file()


class TestBuild:
    @pytest.fixture
    def npm(self, folder, monkeypatch):
        """An npm that says what it was asked, and where."""
        tool = folder / "bin" / "npm"
        tool.parent.mkdir()
        tool.write_text('#!/bin/sh\n[ -f fails ] && exit 7\necho "$@" > asked\n')
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")

    def test_npm_builds(self, call, folder, npm):
        (folder / "web").mkdir()
        (folder / "web" / "package.json").write_text('{"scripts": {"build": "vite build"}}')
        call("build", "web")

        assert (folder / "web" / "asked").read_text() == "run build\n"

    def test_a_build_that_fails(self, call, folder, npm):
        (folder / "package.json").write_text('{"scripts": {"build": "vite build"}}')
        (folder / "fails").touch()

        assert "npm run build failed with 7" in call("build", code=1)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (None, "there is no package.json in"),
            ("{", "is no package.json"),
            ("[]", "is no package.json"),
            ('{"scripts": {"start": "x"}}', "has no script 'build'; its scripts: start"),
            ('{"scripts": null}', "is no package.json with scripts"),
            ('{"scripts": "rebuild"}', "is no package.json with scripts"),
        ],
    )
    def test_what_cannot_be_built(self, call, folder, npm, text, said):
        if text is not None:
            (folder / "package.json").write_text(text)

        assert said in call("build", code=1)

    def test_what_takes_too_long_is_ended_with_all_that_it_started(self, call, folder, npm):
        tool = folder / "bin" / "npm"
        tool.write_text("#!/bin/sh\nsleep 600 & echo $! > started; wait\n")
        (folder / "package.json").write_text('{"scripts": {"build": "x"}}')

        assert "longer than 1 s, and was ended" in call("build", "--timeout", "1", code=1)
        state = Path(f"/proc/{int((folder / 'started').read_text())}/stat")
        # It has been killed; until it is gone, or a zombie that nobody has asked after, takes
        # the system a moment.
        for _ in range(3000):
            if not state.exists() or state.read_text().split()[2] == "Z":
                return
            threading.Event().wait(0.01)
        pytest.fail("what npm started goes on")

    def test_who_breaks_it_off_ends_npm_too(self, call, folder, npm, monkeypatch):
        (folder / "package.json").write_text('{"scripts": {"build": "x"}}')
        wait, killed = subprocess.Popen.wait, []

        def interrupt(process, timeout=None):
            if not killed:
                raise KeyboardInterrupt
            return wait(process, timeout)

        monkeypatch.setattr(os, "killpg", lambda *each: killed.append(each))
        monkeypatch.setattr(subprocess.Popen, "wait", interrupt)

        assert "Aborted!" in call("build", code=1)
        [(_, number)] = killed
        assert number == signal.SIGKILL

    def test_npm_is_missing(self, call, folder, monkeypatch):
        (folder / "package.json").write_text('{"scripts": {"build": "x"}}')
        monkeypatch.setattr(shutil, "which", lambda name: None)

        assert "npm is not installed" in call("build", code=1)


class TestRun:
    """What the server is told, without one; then real ones."""

    @pytest.fixture
    def told(self, monkeypatch):
        seen = {}

        def serve(app, **options):
            seen.update(options)

        monkeypatch.setattr("responder_core.serving.server.serve", serve)
        return seen

    @pytest.mark.parametrize(
        ("arguments", "env", "project", "expected"),
        [
            pytest.param([], {}, "", (None, 1, "uvicorn"), id="defaults"),
            pytest.param([], {}, "port = 7000\nworkers = 3", (7000, 3, "uvicorn"), id="project"),
            pytest.param([], {"PORT": "8000"}, "port = 7000", (8000, 1, "uvicorn"), id="port"),
            pytest.param(
                [],
                {"PORT": "8000", "RESPONDER_PORT": "9000", "WEB_CONCURRENCY": "2"},
                "",
                (9000, 2, "uvicorn"),
                id="environment",
            ),
            pytest.param(
                ["--port", "1", "--workers", "4"],
                {"PORT": "8000", "WEB_CONCURRENCY": "2"},
                "port = 7000",
                (1, 4, "uvicorn"),
                id="flags",
            ),
            pytest.param([], {"RESPONDER_SERVER": "granian"}, "", (None, 1, "granian"), id="short"),
            pytest.param(
                [], {"RESPONDER_RUN_SERVER": "granian"}, "", (None, 1, "granian"), id="server"
            ),
        ],
    )
    def test_a_flag_then_the_environment_then_the_project(
        self, call, app, folder, monkeypatch, told, arguments, env, project, expected
    ):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        (folder / "pyproject.toml").write_text(f"[tool.responder.run]\n{project}\n")
        call("run", *arguments)

        assert (told["port"], told["workers"], told["server"]) == expected

    def test_what_the_server_offers_is_passed_on(self, call, app, told):
        call("run", "--backlog", "7", "--ssl-keyfile", "key.pem", "--header", "X-A:b", "app:api")

        assert told["backlog"] == 7
        assert told["ssl_keyfile"] == "key.pem"
        assert told["headers"] == [["X-A", "b"]]
        assert "ws_max_size" not in told  # Nobody said it.

    def test_what_granian_offers_is_passed_on_to_it(self, call, app, told):
        pytest.importorskip("granian", reason="needs the extra granian")
        call("run", "--server", "granian", "--runtime-threads", "2")

        assert told["runtime_threads"] == 2
        assert "--runtime-threads" in call("run", "--server=granian", "--help")
        assert "--runtime-threads" not in call("run", "--help")

    def test_a_server_that_is_not_installed_has_no_options(self, call, app, told, monkeypatch):
        monkeypatch.setitem(sys.modules, "granian.cli", None)

        assert "--interface" in call("run", "--server=granian", "--help")
        assert "No such option" in call(
            "run", "--server", "granian", "--runtime-threads", "2", code=2
        )

    def test_debug_is_for_the_app_too(self, call, app, told):
        call("run", "--debug")

        assert (told["debug"], told["app_debug"]) == (True, True)

    def test_a_file_of_variables(self, call, folder, told):
        pytest.importorskip("dotenv", reason="needs the extra server")
        text = "import os, responder_core\napi = responder_core.API(debug=os.environ['TEA'] == 'y')"
        (folder / "app.py").write_text(text)
        (folder / "settings").write_text("TEA=y\nRESPONDER_PORT=6131\nWEB_CONCURRENCY=2\n")
        try:
            call("run", "--env-file", "settings")
            assert (told["debug"], told["port"], told["workers"]) == (True, 6131, 2)
        finally:
            for name in ("TEA", "RESPONDER_PORT", "WEB_CONCURRENCY"):
                os.environ.pop(name, None)

    def test_which_says_what_serves_too(self, call, app, folder, told):
        pytest.importorskip("dotenv", reason="needs the extra server")
        pytest.importorskip("granian", reason="needs the extra granian")
        (folder / "settings").write_text("RESPONDER_SERVER=granian\n")
        try:
            call("run", "--env-file=settings", "--runtime-threads", "2")
            assert (told["server"], told["runtime_threads"]) == ("granian", 2)
        finally:
            os.environ.pop("RESPONDER_SERVER", None)

    def test_a_file_of_variables_needs_its_library(self, call, app, folder, told, monkeypatch):
        monkeypatch.setitem(sys.modules, "dotenv", None)
        (folder / "settings").touch()

        said = call("run", "--env-file", "settings", code=1)

        assert "--env-file needs python-dotenv: pip install 'responder-core[server]'" in said

    def test_a_file_of_variables_that_is_not_there(self, call, app, told):
        assert "there is no file 'nowhere'" in call("run", "--env-file", "nowhere", code=1)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--port", "http"], "'http' is not a valid integer range"),
            (["--port", "65536"], "65536 is not in the range"),
            (["--workers", "0"], "0 is not in the range"),
            (["--server", "gunicorn"], "'gunicorn' is not one of"),
            (["--no-such-option"], "No such option"),
            (["--header", "abc"], "--header 'abc' has no colon"),
        ],
    )
    def test_what_cannot_be_is_refused(self, call, app, told, arguments, said):
        assert said in call("run", *arguments, code=1 if "--header" in arguments else 2)

    def test_a_flag_goes_before_a_variable_that_is_none(self, start, app):
        arguments = ("--host", "127.0.0.1", "--port", "0", "--workers", "1")
        running = start(
            "-m", "responder_core", "run", *arguments, PORT="http", WEB_CONCURRENCY="many"
        )

        assert running.get("/items/3") == (200, "tea")

    def test_an_app_is_served(self, start, app):
        running = start("-m", "responder_core", "run", "--port", "0")

        assert running.get("/items/3") == (200, "tea")
        assert running.stop() in (0, -15)
        assert "Traceback" not in running.output

    def test_an_app_is_served_by_workers(self, start, app):
        running = start("-m", "responder_core", "run", "app.py", "--port", "0", "--workers", "2")
        running.wait_for("Application startup complete", times=2)

        assert running.get("/items/3") == (200, "tea")
        assert running.stop() == 0

    def test_a_port_that_is_in_use_is_one_line(self, start, app):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])
            for command in ("run", "dev"):
                running = start("-m", "responder_core", command, "--port", port)

                assert running.join() == 1
                last = running.lines[-1]
                assert last.startswith(f"Error: port {port} of 127.0.0.1 is in use; ")
                assert "Traceback" not in running.output

    def test_a_program_that_fails_shows_why(self, start, folder):
        (folder / "app.py").write_text("import no_such_module_anywhere")
        running = start("-m", "responder_core", "run", "--port", "0")

        assert running.join() == 1
        assert "No module named 'no_such_module_anywhere'" in running.output


def test_the_console_script_is_the_program():
    script = Path(sys.executable).with_name("responder")
    if not script.exists():
        pytest.skip("the scripts of the packages are not installed here")
    result = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60)

    assert "responder-core" in result.stdout
