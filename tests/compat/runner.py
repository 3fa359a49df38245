"""Running the programs of ``programs/`` as they stand."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"


def run_program(name: str, **names: object) -> Any:
    """Run a program, where *names* are known already; give the module that it is."""
    path = PROGRAMS / f"{name}.py"
    module = ModuleType(f"compat_{name}")
    vars(module).update(names, __file__=str(path))
    # Dataclasses and annotations look for their module there.
    sys.modules[module.__name__] = module
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), vars(module))
    return module
