"""The build: whether a wheel has the speedups, which are in C.

``RESPONDER_SPEEDUPS=1`` makes a wheel of one platform and Python with them, and fails where they
cannot be compiled. ``RESPONDER_SPEEDUPS=0`` makes one without them, for all platforms, and so does
a build that says neither; but that of a checkout compiles them where a compiler is.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULE = "responder_core._speedups"
SOURCE = "src/responder_core/_speedups.c"


class SpeedupsHook(BuildHookInterface[Any]):
    """Compiles the module in C, beside its source."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile it where that is asked for; *version* is ``editable`` for a checkout."""
        asked = os.environ.get("RESPONDER_SPEEDUPS", "")
        if asked == "0" or (asked != "1" and version != "editable"):
            return
        built = compile_module(Path(self.root), optional=asked != "1")
        if version != "editable":
            build_data["pure_python"], build_data["infer_tag"] = False, True
            build_data["artifacts"].append(f"src/responder_core/{built.name}")


def compile_module(root: Path, *, optional: bool) -> Path:
    """Compile the module; gives its file, which is not there when an optional one failed."""
    from setuptools import Distribution, Extension

    extension = Extension(MODULE, [str(root / SOURCE)], optional=optional)
    distribution = Distribution({"name": "responder-core", "ext_modules": [extension]})
    command: Any = distribution.get_command_obj("build_ext")
    with TemporaryDirectory() as folder:
        command.build_lib, command.build_temp, command.force = str(root / "src"), folder, True
        command.ensure_finalized()
        built = Path(command.get_ext_fullpath(MODULE))
        built.unlink(missing_ok=True)  # A process may have it open, and keeps what it has.
        command.run()
    return built
