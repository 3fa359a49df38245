"""Rate limits for Responder, from one process to many machines.

This version has no features yet. README.md says what the package will hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["__version__"]

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """The version, read when asked for: importlib.metadata costs more than this package."""
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-ratelimit")
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
