"""The tutorial, step by step as its reader goes: what it shows is written, tested and served."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.docs.blocks import Block, read_blocks
from tests.workspace.members import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs/tutorial/library-catalogue.md"
EXAMPLE = ROOT / "examples/catalogue"
# Who is a librarian on the page: ada, with the password tea.
SALT = b"salt"
HASH = hashlib.scrypt(b"tea", salt=SALT, n=2**14, r=8, p=5, maxmem=2**26)
LIBRARIAN = f"ada:{SALT.hex()}:{HASH.hex()}"


def statements(source: str) -> dict[str, str]:
    """The statements of a module by what they define; imports by what they import."""
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        text = ast.unparse(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = "." if getattr(node, "level", 0) else ""
            module += getattr(node, "module", "") or ""
            for alias in node.names:
                found[f"import {module} {alias.name}"] = ""
        elif isinstance(node, ast.Assign):
            found[ast.unparse(node.targets[0])] = text
        else:
            found[getattr(node, "name", text)] = text
    return found


def edit(source: str, change: str) -> str:
    """A module with some of its statements replaced, or added, as an editor does."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(change).body:
        decorated = getattr(node, "decorator_list", [])
        begin = min([node.lineno, *(each.lineno for each in decorated)])
        new = "".join(change.splitlines(keepends=True)[begin - 1 : node.end_lineno])
        tree = ast.parse("".join(lines)).body
        named = getattr(node, "name", None)
        old = next((each for each in tree if named and getattr(each, "name", "") == named), None)
        if old is not None:
            start = min([old.lineno, *(each.lineno for each in old.decorator_list)])
            lines[start - 1 : old.end_lineno] = [new]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            # Behind the docstring and what is imported from __future__.
            first = next(each for each in tree if isinstance(each, (ast.Import, ast.ImportFrom)))
            lines[first.lineno - 1 : first.lineno - 1] = [new]
        else:
            # A name that the others use stands before them: before the router.
            router = next(
                each
                for each in tree
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "router"
            )
            lines[router.lineno - 1 : router.lineno - 1] = [new, "\n\n"]
        lines = "".join(lines).splitlines(keepends=True)
    return "".join(lines)


def write(block: Block, folder: Path) -> Path | None:
    """Do what a reader does with a block; gives the file that was written."""
    kind, _, name = block.mark.partition(" ")
    path = folder / name
    if kind == "file":
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.source, encoding="utf-8")
    elif kind == "edit":
        path.write_text(edit(path.read_text(encoding="utf-8"), block.source), encoding="utf-8")
    else:
        return None
    return path


def run_tests(folder: Path) -> int:
    """Run the tests that there are so far; gives how many passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)

    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", run.stdout)
    return int(passed[1]) if passed else 0


@contextmanager
def serving(folder: Path, command: str) -> Iterator[int]:
    """The service of the reader by ``responder dev`` or ``run``; gives its port, and stops it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    line = [sys.executable, "-m", "responder_core", command, "--port", str(port)]
    variables = {**os.environ, "LIBRARIAN": LIBRARIAN}
    with subprocess.Popen(
        line, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        try:
            # It says where it listens once it does.
            for told in service.stdout or ():
                if str(port) in told:
                    break
            yield port
        finally:
            service.send_signal(signal.SIGTERM)
            rest = service.communicate(timeout=60)[0]
    assert service.returncode == 0, rest


def ask(folder: Path, block: Block) -> list[tuple[str, str]]:
    """Run what a block asks the service; gives what the page tells of each, and what came."""
    with serving(folder, "dev") as port:
        found = []
        for told in re.split(r"^\$ ", block.source, flags=re.MULTILINE)[1:]:
            command, _, printed = told.partition("\n")
            run = subprocess.run(
                command.replace("5042", str(port)),
                shell=True,
                cwd=folder,
                env={**os.environ, "NO_PROXY": "*"},
                capture_output=True,
                text=True,
                timeout=60,
            )
            came = re.sub(r"urn:uuid:[0-9a-f-]{36}", "urn:uuid:…", run.stdout)
            found.append((printed.strip(), came.strip()))
    return found


def has_curl() -> bool:
    """Whether there is a curl that knows --json, as from 7.82 on."""
    if shutil.which("curl") is None:
        return False
    told = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True, timeout=60)
    return "--json" in told.stdout


def is_asked(block: Block) -> bool:
    """Whether a block asks the service that runs, and answers come to an end."""
    return block.language == "console" and "curl -s http://127.0.0.1:5042" in block.source


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> tuple[Path, list[int], list[tuple[str, str]]]:
    """The folder of the reader at the end, how many tests passed at each test, and answers."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "catalogue").mkdir()
    (folder / "catalogue/__init__.py").touch()
    passed: list[int] = []
    answers: list[tuple[str, str]] = []
    blocks = read_blocks(PAGE)
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        path = write(block, folder)
        goes_on = following is not None and following.mark.startswith("file tests/")
        if path is not None and path.name.startswith("test_") and not goes_on:
            passed.append(run_tests(folder))
        if is_asked(block) and has_curl():
            answers += ask(folder, block)
    return folder, passed, answers


def test_every_file_is_named_before_it_is_shown() -> None:
    """The comments that say where a block belongs are for tests; a reader does not see them."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    unnamed = []
    for block in read_blocks(PAGE):
        name = block.mark.partition(" ")[2]
        mark = block.line - 2
        before = next((line for line in reversed(lines[:mark]) if line), "")
        if name and f"`{name}`" not in before:
            unnamed.append(f"{block.line}: {name}")

    assert unnamed == []


def test_answers_are_those_of_the_page(library) -> None:
    _, _, answers = library
    if not answers:
        pytest.skip("needs curl 7.82 or newer")

    assert len(answers) == 5
    assert [came for _, came in answers] == [told for told, _ in answers]


def test_every_step_passes_its_tests(library) -> None:
    _, passed, _ = library
    told = re.findall(r"^(\d+) passed$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert passed == sorted(passed)
    assert {int(count) for count in told} <= set(passed)
    assert passed[-1] == int(told[-1])


def test_the_end_is_the_example(library) -> None:
    folder, _, _ = library
    files = {path.name for path in EXAMPLE.glob("*.py")} - {"__init__.py"}

    assert files == {path.name for path in folder.glob("catalogue/*.py")} - {"__init__.py"}
    for name in files:
        ours = statements((EXAMPLE / name).read_text(encoding="utf-8"))
        theirs = statements((folder / "catalogue" / name).read_text(encoding="utf-8"))
        assert ours == theirs, name


def test_a_librarian_is_made_by_a_password(library) -> None:
    folder, _, _ = library
    make = subprocess.run(
        [sys.executable, "-m", "catalogue.login", "ada"],
        cwd=folder,
        input="tea\n",
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,  # Without a terminal the password is read from what is sent.
    )
    question = "from catalogue.login import *; print(is_librarian(Login('ada', 'tea')))"
    check = subprocess.run(
        [sys.executable, "-c", question],
        cwd=folder,
        env={**os.environ, "LIBRARIAN": make.stdout.strip()},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert make.stdout.count("\n") == 1, make.stderr
    assert check.stdout == "True\n", check.stderr


def test_the_service_serves_and_stops(library) -> None:
    folder, _, _ = library

    with (
        serving(folder, "run") as port,
        urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer,
    ):
        assert answer.read() == b'{"status":"ok"}'


def test_check_finds_what_the_page_says(library) -> None:
    folder, _, _ = library
    check = subprocess.run(
        [sys.executable, "-m", "responder_core", "check"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert check.stdout in PAGE.read_text(encoding="utf-8")
