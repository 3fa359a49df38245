"""Tests what was built: ``python scripts/trial.py DIST FOLDER [NAME...]``.

The tests of each package, from its source distribution in DIST, run in an empty environment with
its wheel from there. What DIST has of the other packages is installed from it; what it has not
comes from where users get it. Without names it is all that DIST has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from members import ROOT

sys.path.append(str(ROOT / ".ci"))
import wheels


def main(dist: Path, folder: Path, names: list[str]) -> int:
    """Test; gives 1 when a package fails, or there is none."""
    held = [case for case in wheels.cases() if any(dist.glob(f"{case.package}-*.whl"))]
    cases = [case for case in held if not names or case.name in names]
    missing = set(names) - {case.name for case in held}
    if missing or not cases:
        print(f"trial.py: {dist} has no wheel of {', '.join(sorted(missing)) or 'ours'}")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    constraints = wheels.write_constraints(folder, dist)
    failed = [
        str(case)
        for number, case in enumerate(cases)
        if not wheels.passes(case, folder / str(number), dist, constraints)
    ]
    if failed:
        print("failed:", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:]))
