"""What packages declare: bounds that hold, imports that are declared, a core that stays small."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import tomli
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.workspace.imports import read_imports
from tests.workspace.members import BY_PACKAGE, MEMBERS, ROOT, Member

# The distribution of a module that is not called as its distribution is.
DISTRIBUTION_OF = {
    "attr": "attrs",
    "backports": "backports-zstd",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "google": "protobuf",
    "graphql": "graphql-core",
    "multipart": "python-multipart",
    "opentelemetry": "opentelemetry-api",
    "prometheus_client": "prometheus-client",
    "python_multipart": "python-multipart",
    "yaml": "pyyaml",
}

# What every type checker brings with it, so that it may stand under TYPE_CHECKING undeclared.
FOR_CHECKERS = {"_typeshed", "typing_extensions"}

CORE_EXTRAS = {
    "brotli",
    "forms",
    "granian",
    "metrics",
    "otel",
    "pydantic",
    "pytest",
    "redis",
    "server",
    "standard",
    "templates",
    "test",
    "wsgi",
    "yaml",
    "zstd",
}
MOST_DISTRIBUTIONS = 10


def declared(member: Member) -> set[str]:
    """The distributions that a member declares, always or by an extra."""
    every = [*member.requirements, *(item for extra in member.extras.values() for item in extra)]
    return {canonicalize_name(item.name) for item in every}


def distribution_of(module: str) -> str:
    """The distribution that a top-level module comes from: yaml → pyyaml."""
    return canonicalize_name(DISTRIBUTION_OF.get(module, module))


def breaks_bound(item: Requirement) -> str | None:
    """What is wrong with a requirement of one of ours, in words; None when it holds."""
    sibling = BY_PACKAGE.get(item.name.replace("-", "_"))
    if sibling is None or item.specifier.contains(sibling.version, prereleases=True):
        return None
    return f"{item} excludes {sibling.name} {sibling.version}, which the workspace has"


def locked_distributions(name: str, python: str) -> set[str]:
    """What uv.lock installs for a distribution with what it always needs, by marker."""
    lock = tomli.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    minor = python.rpartition(".")[0] if python.count(".") > 1 else python
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": python,
        "python_version": minor,
        "sys_platform": "linux",
    }
    found: set[str] = set()
    waiting = [name]
    while waiting:
        distribution = waiting.pop()
        found.add(distribution)
        for needed in requirements_of(lock, distribution, environment):
            if needed not in found:
                waiting.append(needed)
    return found


def requirements_of(
    lock: dict[str, Any], distribution: str, environment: dict[str, str]
) -> list[str]:
    """What a distribution of the lock always needs in an environment."""
    return [
        str(needed["name"])
        for package in lock["package"]
        if package["name"] == distribution and applies(package, environment)
        for needed in package.get("dependencies", [])
        if "marker" not in needed or Marker(needed["marker"]).evaluate(environment)
    ]


def applies(package: dict[str, Any], environment: dict[str, str]) -> bool:
    """Whether this version of a package is the one that the lock has for an environment."""
    markers = package.get("resolution-markers", [])
    return not markers or any(Marker(text).evaluate(environment) for text in markers)


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_bounds_contain_the_siblings_of_this_workspace(member: Member) -> None:
    """Uv does not check bounds between workspace members, so this does."""
    every = [*member.requirements, *(item for extra in member.extras.values() for item in extra)]

    assert [wrong for item in every if (wrong := breaks_bound(item))] == []


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_siblings_are_required_within_one_major_version(member: Member) -> None:
    """A range with a floor and a ceiling: ``responder-core>=1.0,<2``."""
    loose = [
        str(item)
        for item in member.requirements
        if item.name.replace("-", "_") in BY_PACKAGE
        and not {">=", "<"} <= {part.operator for part in item.specifier}
    ]

    assert loose == []


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_packages_import_only_what_they_declare(member: Member) -> None:
    known = declared(member)
    # The standard library of a later Python is looked for before what stands in for it.
    free = sys.stdlib_module_names | {member.package, "annotationlib", "compression", "tomllib"}

    undeclared = [
        f"{file.relative_to(member.path)}, line {item.line}, imports {item.name}"
        for module, file in member.modules()
        for item in read_imports(
            file.read_text(encoding="utf-8"), module, is_package=file.name == "__init__.py"
        )
        if item.top not in free
        and distribution_of(item.top) not in known
        and not (item.for_types and item.top in FOR_CHECKERS)
    ]

    advice = (
        f"Declare the distribution in the dependencies of {member.name}, or in one of its extras. "
        "If it is there under another name, add that to DISTRIBUTION_OF."
    )
    assert not undeclared, "\n".join(["", *undeclared, advice])


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_pyright_reads_every_package(member: Member) -> None:
    """It finds nothing by a wildcard, and says nothing of it."""
    settings = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert f"packages/{member.name}/src" in settings["tool"]["pyright"]["include"]


def test_extras_of_core_are_those_of_the_design() -> None:
    """An extra is a promise to users: adding or dropping one is decided, not slipped in."""
    assert BY_PACKAGE["responder_core"].extras.keys() == CORE_EXTRAS


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_extras_that_are_asked_for_exist(member: Member) -> None:
    every = [*member.requirements, *(item for extra in member.extras.values() for item in extra)]

    missing = [
        f"{item.name}[{extra}]"
        for item in every
        if item.name.replace("-", "_") in BY_PACKAGE
        for extra in item.extras
        if extra not in BY_PACKAGE[item.name.replace("-", "_")].extras
    ]

    assert missing == []


@pytest.mark.parametrize("python", ["3.10.13", "3.13.0"])
def test_core_stays_small(python: str) -> None:
    """For minimal deployments: at most ten distributions, itself among them."""
    found = locked_distributions("responder-core", python)

    assert {"responder-core", "starlette", "msgspec", "uvicorn", "anyio"} <= found
    assert len(found) <= MOST_DISTRIBUTIONS, sorted(found)


def test_a_bound_that_excludes_its_sibling_is_found() -> None:
    assert breaks_bound(Requirement("responder-core>=99")) is not None
    assert breaks_bound(Requirement("starlette>=99")) is None


def test_the_lock_is_read_by_marker() -> None:
    assert "exceptiongroup" in locked_distributions("responder-core", "3.10.13")
    assert "exceptiongroup" not in locked_distributions("responder-core", "3.13.0")
