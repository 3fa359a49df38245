"""Errors of rate limits.

::

    ValueError
    └── LimitError                  a limit that cannot be read, or cannot work
    Exception
    └── StoreUnavailableError       the store does not answer
"""

from __future__ import annotations


class LimitError(ValueError):
    """Raised when a limit cannot be read, or cannot work."""


class StoreUnavailableError(Exception):
    """Raised when the store of counts does not answer, or is not asked as it did not lately."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "the store of rate limits does not answer"
