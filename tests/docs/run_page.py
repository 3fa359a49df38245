"""Runs the Python of a page: ``python -m tests.docs.run_page PAGE``, in an empty folder.

A module ``tests/docs/pages/NAME.py`` may give names that the page takes for granted, in
``names()``, and look at what its blocks have made, in ``check(page)``.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import responder_core
import responder_ratelimit
import responder_sessions
from tests.docs.blocks import read_blocks
from tests.workspace.members import ROOT

if TYPE_CHECKING:
    from collections.abc import Awaitable


def main(page: Path) -> None:
    """Run every block that is to be run; what fails is raised with the line of the page."""
    # What a block says for those who start it as a program is not to serve here.
    setattr(responder_core.API, "run", lambda *_, **__: None)  # noqa: B010 - a method
    # A loaded machine takes its time, and a store that takes longer than this is given up.
    for extension in (responder_ratelimit.RateLimiter, responder_sessions.Sessions):
        extension.__init__.__kwdefaults__["store_timeout"] = 60
    sys.path.insert(0, str(Path.cwd()))
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    helper = find_helper(page)
    names = vars(module)
    names.update(helper.names() if hasattr(helper, "names") else {})
    tests = 0
    for block in read_blocks(page):
        if block.language != "python":
            continue
        if block.mark.startswith("file "):
            Path(block.mark.removeprefix("file ")).write_text(block.source, encoding="utf-8")
        elif block.mark == "tests":
            tests += 1
            Path(f"test_{tests}.py").write_text(block.source, encoding="utf-8")
        elif block.is_run:
            code = compile(
                "\n" * block.line + block.source,
                str(page),
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                dont_inherit=True,
            )
            waits = eval(code, names)
            if inspect.iscoroutine(waits):
                asyncio.run(_wait(waits))
    if hasattr(helper, "check"):
        helper.check(SimpleNamespace(**names))
    if tests:
        plugins = ["-p", "no:randomly", "-p", "no:cacheprovider"]
        code = pytest.main(["-q", "-c", "/dev/null", "--rootdir", ".", *plugins, "."])
        assert code == 0, "the tests of the page fail"


async def _wait(block: Awaitable[object]) -> None:
    await block


def find_helper(page: Path) -> object:
    """The module of a page in ``pages/``, or one that has nothing."""
    name = page.relative_to(ROOT).with_suffix("").as_posix()
    name = name.removeprefix("docs/").removeprefix("packages/").replace("/", "_").replace("-", "_")
    path = f"tests.docs.pages.{name.lower()}"
    return import_module(path) if find_spec(path) else SimpleNamespace()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
