"""The import direction: between the packages, and between the layers of responder_core."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.workspace.imports import Import, read_imports
from tests.workspace.members import BY_PACKAGE, MEMBERS, Member

SIBLINGS = {
    "responder_graphql",
    "responder_openapi",
    "responder_ratelimit",
    "responder_sessions",
}

# Which packages of ours each package may import, under TYPE_CHECKING too: core ← siblings ← meta.
MAY_IMPORT = {
    "responder_core": set[str](),
    **{sibling: {"responder_core"} for sibling in SIBLINGS},
    "responder": {"responder_core", *SIBLINGS},
}

# The layers of responder_core. A module imports from its own layer and from those above it in
# this table, never from those below. What stands under TYPE_CHECKING is free.
LAYERS: list[tuple[str, set[str]]] = [
    (
        "0 words",
        {
            "context",
            "drain",
            "observation",
            "settings",
            "speedups",
            "page_cache",
            "status",
            "stores",
            "stores.breaker",
            "stores.choice",
            "stores.guard",
            "stores.redis",
            "stores.sqlite",
            "suggestions",
            "thread_pool",
            "threads",
            "turns",
            "types",
        },
    ),
    (
        "1 HTTP facts",
        {
            "errors",
            "http",
            "http.accept",
            "http.codings",
            "http.conditional",
            "http.cookies",
            "http.dates",
            "http.disposition",
            "http.events",
            "http.fields",
            "http.forwarded",
            "http.headers",
            "http.hosts",
            "http.media_types",
            "http.pointers",
            "http.query",
            "http.ranges",
            "http.request_ids",
            "http.urls",
        },
    ),
    (
        "2 bodies",
        {
            "annotations",
            "body",
            "body_length",
            "compressed",
            "compression",
            "formats",
            "formats.form",
            "formats.format",
            "formats.json",
            "formats.msgpack",
            "formats.registry",
            "formats.values",
            "formats.yaml",
            "forms",
            "multipart",
            "pydantic_validation",
            "shapes",
            "texts",
            "uploads",
            "validation",
        },
    ),
    (
        "3 messages",
        {
            "answers",
            "connection",
            "cutting",
            "debug_pages",
            "encoding",
            "error_documents",
            "error_pages",
            "file_types",
            "files",
            "head",
            "inbox",
            "items",
            "pydantic_serialization",
            "reading",
            "representation",
            "request",
            "resources",
            "response",
            "rsgi_channel",
            "rsgi_scope",
            "rsgi_websocket",
            "streams",
            "websocket",
            "worker_threads",
        },
    ),
    (
        "4 routes",
        {
            "arguments",
            "binding",
            "class_views",
            "convertors",
            "dependencies",
            "guards",
            "hooks",
            "intake",
            "markers",
            "models",
            "parameters",
            "paths",
            "route",
            "signatures",
            "sources",
            "typed_streams",
            "views",
        },
    ),
    ("5 routing", {"contract", "middleware", "mounts", "prefix", "registry", "results", "table"}),
    (
        "6 around",
        {
            "arounds",
            "asgi",
            "conversation",
            "door",
            "exchange",
            "fallback",
            "finishing",
            "gate",
            "handlers",
            "host_check",
            "lifespan",
            "logs",
            "metrics",
            "mounted_lifespan",
            "observer",
            "outside",
            "problems",
            "proxies",
            "refusals",
            "rsgi_lifespan",
            "security_headers",
            "selection",
            "shared_tally",
            "tally",
            "timeouts",
            "timing",
            "tracing",
            "transfer",
            "websocket_door",
        },
    ),
    (
        "7 app",
        {
            "api",
            "assembly",
            "assets",
            "async_client",
            "async_websocket",
            "background",
            "background_registrar",
            "dependency_registrar",
            "deployment",
            "extension",
            "fixtures",
            "health",
            "launcher",
            "list_query",
            "listing",
            "live_server",
            "operations",
            "pagination",
            "registrar",
            "router",
            "rsgi",
            "serving",
            "serving.failed_app",
            "serving.granian_server",
            "serving.interface",
            "serving.listeners",
            "serving.refresh",
            "serving.reload",
            "serving.rsgi_app",
            "serving.server",
            "serving.shutdown",
            "serving.target",
            "serving.uvicorn_server",
            "serving.watcher",
            "serving.workers",
            "static",
            "static_registrar",
            "surroundings",
            "templates",
            "testing",
        },
    ),
    (
        "8 command line",
        {
            "__main__",
            "commands",
            "commands.build",
            "commands.check",
            "commands.configuration",
            "commands.dev",
            "commands.new",
            "commands.program",
            "commands.routes",
            "commands.run",
            "commands.shell",
        },
    ),
    ("9 the door", {""}),  # responder_core/__init__.py: users come in here, nothing of ours does.
]

LAYER_OF = {module: rank for rank, (_, modules) in enumerate(LAYERS) for module in modules}
HERE = Path(__file__).name


def imports_of(module: str, file: Path) -> list[Import]:
    """The imports of one of our modules."""
    source = file.read_text(encoding="utf-8")
    return read_imports(source, module, is_package=file.name == "__init__.py")


def core_name(module: str) -> str:
    """The name of a core module in the table: responder_core.http.urls → http.urls."""
    return module.removeprefix("responder_core").removeprefix(".")


def told(wrong: list[str], advice: str) -> str:
    """What a failing test says: what is wrong, a line each, and what to do."""
    return "\n".join(["", *wrong, advice])


def core_imports() -> dict[str, dict[str, int]]:
    """For each module of core the modules of core that it needs at run time, with the line."""
    files = dict(BY_PACKAGE["responder_core"].modules())
    graph: dict[str, dict[str, int]] = {}
    for module, file in files.items():
        needed = graph.setdefault(core_name(module), {})
        for item in imports_of(module, file):
            target = item.within(files)
            if target is not None and not item.for_types:
                needed.setdefault(core_name(target), item.line)
    return graph


def find_downward(graph: dict[str, dict[str, int]]) -> list[str]:
    """What is wrong with these imports by the table, in words."""
    return [
        f"{module or '__init__'} (layer {LAYERS[LAYER_OF[module]][0]}), line {line}, imports "
        f"{target or 'responder_core itself'} (layer {LAYERS[LAYER_OF[target]][0]})"
        for module, needed in graph.items()
        for target, line in needed.items()
        if module in LAYER_OF and target in LAYER_OF and LAYER_OF[target] > LAYER_OF[module]
    ]


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_packages_import_one_way(member: Member) -> None:
    """Core ← siblings ← meta: siblings never import each other, core imports no sibling."""
    allowed = MAY_IMPORT[member.package] | {member.package}

    wrong = [
        f"{file.relative_to(member.path)}, line {item.line}, imports {item.name}"
        for module, file in member.modules()
        for item in imports_of(module, file)
        if item.top in MAY_IMPORT and item.top not in allowed
    ]

    assert not wrong, told(
        wrong,
        f"{member.package} may import only {sorted(allowed)}. Move what is shared into "
        "responder_core, or what joins two siblings into the meta-package responder.",
    )


def test_every_package_has_its_place() -> None:
    assert {member.package for member in MEMBERS} == MAY_IMPORT.keys()


def test_every_module_of_core_is_in_the_table() -> None:
    homeless = sorted(core_imports().keys() - LAYER_OF.keys())

    assert not homeless, told(
        homeless,
        f"These modules of responder_core have no layer. Add each to LAYERS in {HERE}: the "
        "first layer that has all it imports above it, or beside it.",
    )


def test_the_table_names_only_modules_of_core() -> None:
    gone = sorted(LAYER_OF.keys() - core_imports().keys())

    assert not gone, told(gone, f"LAYERS in {HERE} names modules that are gone; drop them there.")


def test_no_module_of_core_imports_from_below() -> None:
    downward = find_downward(core_imports())

    assert not downward, told(
        downward,
        "A module imports from its own layer and those above it. Move what it needs up, hand it "
        f"in as an argument, or give the module a lower layer (LAYERS in {HERE}).",
    )


def test_the_modules_of_core_import_in_no_circle() -> None:
    sorter = TopologicalSorter({module: set(needed) for module, needed in core_imports().items()})

    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(f"these modules of responder_core need each other: {' → '.join(error.args[1])}")


def test_an_import_from_below_is_found() -> None:
    found = find_downward({"status": {"api": 3, "types": 4}, "": {"api": 1}})

    assert found == ["status (layer 0 words), line 3, imports api (layer 7 app)"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("import a.b", "a.b", id="import"),
        pytest.param("from a import b", "a.b", id="from"),
        pytest.param("from . import b", "pkg.b", id="relative"),
        pytest.param("from .a import b", "pkg.a.b", id="relative-module"),
        pytest.param("def f():\n    import a", "a", id="in-a-function"),
        pytest.param("import importlib\nimportlib.import_module('a.b')", "a.b", id="by-name"),
        pytest.param("if TYPE_CHECKING:\n    pass\nelse:\n    import a", "a", id="else"),
    ],
)
def test_imports_are_read_wherever_they_stand(source: str, name: str) -> None:
    found = read_imports(source, "pkg.module")

    assert name in {item.name for item in found}
    assert not any(item.for_types for item in found)


def test_an_import_for_types_is_marked() -> None:
    found = read_imports("if typing.TYPE_CHECKING:\n    from a import b\nimport c")

    assert found == [Import("a.b", 2, for_types=True), Import("c", 3)]


def test_a_name_is_found_in_the_module_that_has_it() -> None:
    assert Import("a.b.name", 1).within({"a", "a.b"}) == "a.b"
    assert Import("other.b", 1).within({"a", "a.b"}) is None
