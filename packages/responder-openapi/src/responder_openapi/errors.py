"""The exceptions of the package.

::

    ValueError
    └── DocumentError                   a document that cannot be made
        ├── SchemaError                 a type that has no schema
        ├── DocstringError              YAML in a docstring that cannot be read
        └── DuplicateOperationError     two operations with one operationId
    RuntimeError
    └── ContractError                   an answer that is not what the document says
"""

from __future__ import annotations

__all__ = [
    "ContractError",
    "DocstringError",
    "DocumentError",
    "DuplicateOperationError",
    "SchemaError",
]


class DocumentError(ValueError):
    """Raised when the document of an app cannot be made."""


class SchemaError(DocumentError):
    """Raised when a type has no JSON Schema; the message names the route and the parameter."""


class DocstringError(DocumentError):
    """Raised when the YAML of a docstring cannot be read; the message names file and line."""


class DuplicateOperationError(DocumentError):
    """Raised when two operations have the same ``operationId``; the message names both."""


class ContractError(RuntimeError):
    """Raised when an answer is not what the document says, with ``validate_responses="error"``.

    Attributes:
        faults: what is wrong with it, a line each.
    """

    def __init__(self, message: str, faults: list[str]) -> None:
        super().__init__(message)
        self.faults = faults
