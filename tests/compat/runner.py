"""Running the programs of ``programs/`` as they stand."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"


def run_program(name: str, package: str = "responder", **names: object) -> Any:
    """Run a program, where *names* are known already; give the module that it is.

    With another *package* it is run as one who has moved to it would write it, by its imports.
    """
    path = PROGRAMS / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    text = re.sub("^import responder$", f"import {package} as responder", text, flags=re.MULTILINE)
    text = re.sub("^from responder import", f"from {package} import", text, flags=re.MULTILINE)
    module = ModuleType(f"compat_{name}")
    vars(module).update(names, __file__=str(path))
    # Dataclasses and annotations look for their module there.
    sys.modules[module.__name__] = module
    exec(compile(text, path, "exec"), vars(module))
    return module
