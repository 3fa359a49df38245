"""benchmarks/peers.py: the command measures, tells what it left out, and leaves nothing behind."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.members import ROOT

BENCHMARKS = ROOT / "benchmarks"
TIMEOUT = 120

# What a server does that has one worker, and what it says of it; then it listens.
SERVER_WITH_WORKER = """
import socket, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    listener.accept()
"""
USE = """
import sys
from pathlib import Path
from processes import StartError, hosting

command = [sys.executable, "-c", sys.argv[1]]
with hosting([("server", command)], Path.cwd()) as [host]:
    try:
        host.wait(60)
    except StartError as error:
        print(error)
    else:
        print(*host.members)
"""
REFERENCES = """
import json
from peer_catalogue import PEERS

print(json.dumps(sorted({each for peer in PEERS for each in peer.apps.values()})))
"""

PARTS = """
from parts import PARTS
from steps import run

for make, _ in PARTS.values():
    run(make(), 2)
"""
ALIKE = """
import json
from importlib import import_module
from harness import ask, started
from peer_catalogue import ALIKE, BY_NAME, OURS
from peer_workloads import GROUPS

def answers(peer, group):
    module, _, factory = BY_NAME[peer].apps[group.name].partition(":")
    app = getattr(import_module(module), factory)()
    with started(app):
        for task in group.tasks:
            scope = task.workload.scope
            path, _, query = scope["path"].partition("?")
            scope.update(path=path, query_string=query.encode())
            answer = ask(app, scope, task.workload.receive)
            # How long until a limit begins anew depends on when one asks.
            fields = {name: value for name, value in answer.headers.items() if "reset" not in name}
            fields.pop("ratelimit", None)
            yield task.name, [answer.status, sorted(fields.items()), len(answer.body)]

for group in GROUPS:
    if group.name in BY_NAME[ALIKE].apps:
        ours, alike = dict(answers(OURS, group)), dict(answers(ALIKE, group))
        print(*(json.dumps([name, ours[name], alike[name]]) for name in ours), sep="\\n")
"""


def run(*arguments: str | Path) -> str:
    """What a program of the benchmarks prints."""
    command = [sys.executable, *map(str, arguments)]
    child = subprocess.run(
        command, cwd=BENCHMARKS, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert child.returncode == 0, child.stderr
    return child.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command has written the figures of two applications."""
    directory = tmp_path_factory.mktemp("results")
    chosen = ("--only", "bare", "responder", "--workload", "routes-hit", "routes-404")
    brief = ("--repeat", "2", "--further", "1", "--seconds", "0.2")
    run("peers.py", *chosen, *brief, "--output", directory)
    return directory


@pytest.fixture
def document(results: Path) -> dict[str, Any]:
    return json.loads((results / "peers.json").read_text(encoding="utf-8"))


def test_each_application_has_its_figures(document: dict[str, Any]) -> None:
    assert document["skipped"] == []
    assert list(document["results"]) == ["routes-hit", "routes-404"]
    for by_peer in document["results"].values():
        assert list(by_peer) == ["bare", "responder"]
        for figure in by_peer.values():
            assert 0 < figure["cpu_us"]["minimum"] <= figure["cpu_us"]["median"]
            turns = figure["cpu_us"]["turns"]
            assert len(turns) == 2
            assert min(turns) == pytest.approx(figure["cpu_us"]["minimum"], abs=0.01)
            # The targets have more turns, the tables the same for all peers.
            assert len(figure["cpu_us"]["further"]) == 1
            assert figure["per_second"]["maximum"] >= figure["per_second"]["median"] > 0
            assert figure["requests"] > 0
            assert figure["errors"] == 0


def test_the_figures_say_what_they_were_measured_on(document: dict[str, Any]) -> None:
    assert document["processor"]
    assert document["python"].endswith(")") or document["python"][-1].isdigit()
    assert {"msgspec", "responder-core", "uvicorn"} <= document["versions"].keys()
    assert (document["repetitions"], document["seconds"]) == (2, 0.2)


def test_the_page_has_targets_and_tables(results: Path) -> None:
    page = (results / "peers.md").read_text(encoding="utf-8")

    assert "| target | turns | least | limit | met |" in page
    assert "| routes-hit, responder / bare | " in page
    head = "| µs of CPU | on | routes-hit | routes-404 |\n| --- | --: | --: | --: |\n"
    assert f"{head}| bare | uvicorn | " in page
    assert "| **responder** | uvicorn | " in page
    assert "| per second | on | routes-hit | routes-404 |" in page


def test_the_page_is_made_of_the_figures(results: Path) -> None:
    page = (results / "peers.md").read_text(encoding="utf-8")
    (results / "peers.md").unlink()

    run("peers.py", "--report", "--output", results)

    assert (results / "peers.md").read_text(encoding="utf-8") == page


def test_a_server_that_ends_is_told_of_with_its_last_words() -> None:
    assert run("-c", USE, "raise SystemExit('no such framework')") == (
        "it does not start: no such framework\n"
    )


def test_workers_end_with_their_server() -> None:
    members = run("-c", USE, SERVER_WITH_WORKER).split()

    assert len(members) == 2
    assert [each for each in members if is_running(each)] == []


def is_running(process: str) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except FileNotFoundError:
        return False
    return state.split()[0] != "Z"


def test_every_application_of_the_catalogue_is_written() -> None:
    """Also those of peers that are not installed here."""
    for reference in json.loads(run("-c", REFERENCES)):
        module, _, function = reference.partition(":")
        file = BENCHMARKS / f"{module.replace('.', '/')}.py"
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
        assert function in names, reference


def test_the_bare_application_with_the_same_answer_answers_as_ours():
    lines = run("-c", ALIKE).splitlines()

    found = [json.loads(line) for line in lines]
    assert len(found) == 12
    assert [name for name, ours, alike in found if ours != alike] == []


def test_every_part_of_a_request_can_be_measured_alone():
    """Parts take hold of what is inside, which changes more often than they are measured."""
    assert run("-c", PARTS) == ""
