"""What an import leaves alone: a program pays only for what it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "brotli",
    "click",
    "granian",
    "graphene",
    "graphql",
    "hashlib",
    "itsdangerous",
    "jinja2",
    "msgspec",
    "opentelemetry",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "python_multipart",
    "redis",
    "sqlite3",
    "tempfile",
    "uvicorn",
    "yaml",
}

# Nothing but the import, in a Python of its own.
PROGRAM = "import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def imported_by(module: str) -> set[str]:
    """The top-level modules that a fresh Python has after one import."""
    command = [sys.executable, "-c", PROGRAM.format(module=module)]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["responder_core", "responder_graphql", "responder"])
def test_import_leaves_heavy_packages_alone(module: str) -> None:
    found = imported_by(module)

    assert module in found
    assert sorted(found & HEAVY) == []


def test_what_is_imported_is_seen() -> None:
    """So that the test above can fail."""
    assert "yaml" in imported_by("yaml")
