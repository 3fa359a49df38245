"""All tests: what the garbage collector need not go through again and again."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Freeze what was collected, which lives as long as the run.

    With all packages a full collection takes a second otherwise, and tests ask for many.
    """
    gc.collect()
    gc.freeze()
