"""Tells which public names lack a type or a docstring: ``python scripts/public_types.py FOLDER``.

What is public is what ``pyright --verifytypes`` takes for it: every name without an underscore, of
every module. It looks at installed packages alone, so an environment in FOLDER gets them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from members import ROOT, read_members

if TYPE_CHECKING:
    from collections.abc import Iterator

UV = os.environ.get("UV", "uv")  # `uv run` says where it is.

# Starlette's class, which has no docstring, and which we only hand on under our names.
THEIRS = ".HTTPException"


def main(folder: Path) -> int:
    """Install and look; gives 1 when something lacks."""
    variables = {"UV_PROJECT_ENVIRONMENT": str(folder), "VIRTUAL_ENV": str(folder)}
    environment = os.environ | variables | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    install = [UV, "sync", "--quiet", "--frozen", "--all-packages", "--all-extras", "--no-editable"]
    # Else uv takes wheels that it built before the sources were changed.
    for name in read_members():
        install += ["--reinstall-package", name]
    subprocess.run(install, cwd=ROOT, env=environment, check=True)
    summary: list[str] = []
    lacks = False
    for name, member in read_members().items():
        report = verify(member.package, folder, environment)
        # Places that every checker is to read the same; classes and functions to be told of.
        types, docs = sorted(find_untyped(report)), sorted(find_untold(report, member.package))
        for line in (*types, *docs):
            print(line)
        score = f"{report['completenessScore']:.1%} of its names are typed"
        summary.append(f"   {name}: {score}; {len(types)} places and {len(docs)} docstrings lack")
        lacks = lacks or bool(types or docs)
    print(*summary, sep="\n")
    return 1 if lacks else 0


def verify(package: str, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """What pyright says of a package."""
    command = ["pyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"]
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    report: dict[str, Any] = json.loads(result.stdout)["typeCompleteness"]
    if not report["symbols"]:
        msg = f"pyright finds nothing of {package} in {folder}"
        raise RuntimeError(msg)
    return report


def find_untyped(report: dict[str, Any]) -> Iterator[str]:
    """The places whose type checkers have to guess; what is made of them follows from these.

    ``responder_core/route.py:126 responder_core.route.Route.after: Type is missing …``
    """
    package = report["moduleName"]
    for symbol in report["symbols"]:
        for said in symbol["diagnostics"]:
            words = said["message"].partition("\n")[0]
            is_place = words.startswith(("Type is missing", "Ambiguous base class"))
            if is_place and symbol["name"].startswith(f"{package}."):
                yield f"{place(said)} {symbol['name']}: {words}"


def find_untold(report: dict[str, Any], package: str) -> Iterator[str]:
    """The public functions and classes without a docstring."""
    for symbol in report["symbols"]:
        for said in symbol["diagnostics"]:
            is_ours = symbol["name"].startswith(f"{package}.")
            if "ocstring" in said["message"] and is_ours and not symbol["name"].endswith(THEIRS):
                yield f"{symbol['name']}: {said['message']}"


def place(said: dict[str, Any]) -> str:
    """``responder_core/route.py:126``."""
    file = said["file"].rpartition("site-packages/")[2]
    return f"{file}:{said['range']['start']['line'] + 1}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
