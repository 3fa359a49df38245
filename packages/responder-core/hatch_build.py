"""The build: with ``RESPONDER_SPEEDUPS=1`` a wheel has the speedups, for one platform and Python.

Without it the wheel is for all of them, and what the speedups stand in for does their work.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "src/responder_core/_speedups.c"


class SpeedupsHook(BuildHookInterface[Any]):
    """Compiles the module in C, beside its source."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's
        """Build it where that is asked for; a failure there is one of the build."""
        if os.environ.get("RESPONDER_SPEEDUPS") != "1":
            return
        from setuptools import Distribution, Extension

        extension = Extension("responder_core._speedups", [str(Path(self.root, SOURCE))])
        distribution = Distribution({"name": "responder-core", "ext_modules": [extension]})
        command: Any = distribution.get_command_obj("build_ext")
        with TemporaryDirectory() as folder:
            command.build_lib, command.build_temp = str(Path(self.root, "src")), folder
            command.ensure_finalized()
            command.run()
            built = Path(command.get_ext_fullpath(extension.name))
        build_data["pure_python"], build_data["infer_tag"] = False, True
        build_data["artifacts"].append(f"src/responder_core/{built.name}")
