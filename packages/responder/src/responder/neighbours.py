"""Neighbours: another distribution that is imported as ``responder``, the older framework.

Both are called ``responder``, so pip puts one in the place of the other. They meet where one lies
in the environment and the other in the system's Python, or in a folder that files are copied to.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What only this one needs. Version numbers do not tell them apart: the older one had these, too.
_OWN = b"\nRequires-Dist: responder-core"


def warn_of_others() -> None:
    """Warn of every other distribution that may be imported in place of this one, or is mixed in.

    Each folder of the path is listed, and nothing is imported for it.
    """
    for folder, version in find_others(sys.path):
        msg = (
            f"responder {version}, another framework of this name, is installed in {folder!r}, "
            f"and this one is imported from {os.path.dirname(__file__)!r}; keep one of them: "  # noqa: PTH120 - pathlib takes longer to import
            "pip uninstall responder, until it finds none, then install the one that is meant"
        )
        warnings.warn(msg, RuntimeWarning, stacklevel=3)


def find_others(paths: Iterable[str]) -> list[tuple[str, str]]:
    """The folders among *paths* that have another ``responder``, each with its version."""
    found: list[tuple[str, str]] = []
    for folder in dict.fromkeys(paths):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - as above
        except OSError:
            continue  # An archive, or a folder that is not there.
        for name in names:
            if name.startswith("responder-") and name.endswith(".dist-info"):
                version = name[len("responder-") : -len(".dist-info")]
                if not _is_own(os.path.join(folder, name, "METADATA")):  # noqa: PTH118 - as above
                    found.append((folder, version))
    return found


def _is_own(metadata: str) -> bool:
    try:
        with open(metadata, "rb") as file:  # noqa: PTH123 - as above
            return _OWN in file.read()
    except OSError:
        return True  # Half removed: there is nothing that could be imported.
