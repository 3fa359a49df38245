"""Documenting: what making a document, serving it and importing the package take.

``python benchmarks/documenting.py`` prints figures of one run, those of one kind alone with
``build``, ``serve`` or ``import`` behind it.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from typing import Any

import msgspec
from command import parse_arguments, write_results
from report import surroundings_line

from responder_core import API, Query
from responder_openapi import OpenAPI
from responder_openapi.serving import encode_document

ROUTES = 1000


def make_api(library: str, routes: int = ROUTES) -> tuple[API, OpenAPI]:
    """An app with so many routes, each with a model of its own, of a library."""
    openapi = OpenAPI(title="Many", version="1.0", docs_route="/docs")
    api = API(extensions=[openapi])
    for number in range(routes):
        model = make_model(library, number)

        def view(req, resp, *, number: int, page: int = Query(1, ge=1), item):
            """Do something.

            With an item.
            """

        view.__annotations__ |= {"item": model, "return": model}
        api.post(f"/things{number}/{{number:int}}", name=f"thing{number}")(view)
    return api, openapi


def make_model(library: str, number: int) -> Any:
    if library == "msgspec":
        fields = [("name", str), ("size", int, 1), ("tags", list[str], [])]
        return msgspec.defstruct(f"Item{number}", fields)
    from pydantic import create_model

    return create_model(f"Item{number}", name=(str, ...), size=(int, 1), tags=(list[str], []))


def measure_build(*, quick: bool) -> dict[str, Any]:
    """Seconds to make the document of many routes, and to write it."""
    results: dict[str, Any] = {}
    for library in ("msgspec", "pydantic"):
        times: dict[str, list[float]] = {"build": [], "json": [], "yaml": []}
        for _ in range(1 if quick else 5):
            _, openapi = make_api(library)
            start = time.perf_counter()
            document = openapi.document()
            times["build"].append(time.perf_counter() - start)
            for form in ("json", "yaml"):
                start = time.perf_counter()
                encode_document(document, form)
                times[form].append(time.perf_counter() - start)
        results[library] = {name: min(each) for name, each in times.items()}
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in results[library].items())
        print(f"  {library}, {ROUTES} routes: {told}")
    print("  limit: 1 s to build\n")
    return results


def measure_serve(*, quick: bool) -> dict[str, Any]:
    """CPU seconds of a request for the document, beside a view that sends the same bytes."""
    api, openapi = make_api("msgspec", 50)
    content = encode_document(openapi.document(), "json")
    document = {**openapi.document(), "servers": [{"url": "/"}]}
    content = encode_document(document, "json")

    @api.get("/static", name="static", include_in_schema=False)
    async def static(req, resp):
        resp.content, resp.etag, resp.mimetype = content, "v1", "application/json"
        resp.vary("Accept")
        resp.cache_control(no_cache=True)

    count, rounds = (200, 3) if quick else (2000, 9)
    times: dict[str, list[float]] = {"/schema.json": [], "/static": []}
    for _ in range(rounds):
        for path, found in times.items():
            found.append(asyncio.run(call(api, path, count)))
    ratios = [one / other for one, other in zip(*times.values(), strict=True)]
    results = {path: min(each) for path, each in times.items()}
    for path, seconds in results.items():
        print(f"  {path}: {seconds * 1e6:.1f} us a request, {len(content)} bytes")
    ratio = statistics.median(ratios)
    print(f"  ratio, median of {rounds} rounds: {ratio:.2f}\n")
    return {**results, "ratio": ratio}


async def call(api: API, path: str, count: int) -> float:
    """CPU seconds of one of so many requests."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "root_path": "",
    }
    statuses = set()

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.add(message["status"])

    await api(dict(scope), receive, send)
    start = time.process_time()
    for _ in range(count):
        await api(dict(scope), receive, send)
    seconds = (time.process_time() - start) / count
    assert statuses == {200}
    return seconds


def measure_import(*, quick: bool) -> dict[str, Any]:
    """Milliseconds that the package adds to an import of the core."""
    programs = {
        "core": "import responder_core.api",
        "with the package": "import responder_core.api, responder_openapi",
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(5 if quick else 25):
        for name, program in programs.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[name].append((time.perf_counter() - start) * 1000)
    added = min(times["with the package"]) - min(times["core"])
    print(f"  {added:.1f} ms over the core (limit 30)\n")
    return {"added_ms": added}


COMMANDS: dict[str, tuple[Any, str]] = {
    "build": (measure_build, f"the document of {ROUTES} routes"),
    "serve": (measure_serve, "a request for the document, beside one for the same bytes"),
    "import": (measure_import, "import responder_openapi"),
}


def main() -> int:
    """Measure, print, and give the exit status."""
    arguments = parse_arguments("What documenting an app costs.", COMMANDS)
    results: dict[str, Any] = {}
    for name in arguments.names:
        measure, text = COMMANDS[name]
        print(f"{name.capitalize()}: {text}.")
        results[name] = measure(quick=arguments.quick)
    print(surroundings_line())
    write_results(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
