"""A missing extra is one sentence with the command that installs it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import responder

SENTENCE = r"[^.:]+: pip install '[a-z-]+\[[a-z]+\]'"
KEY = "a key that signs well 0123456789"


def wsgi(environ, start_response): ...


def in_redis():
    from responder.ext.ratelimit import RedisBackend

    return RedisBackend(url="redis://localhost")


def in_async_tests():
    from responder.testing import AsyncTestClient

    return AsyncTestClient(responder.API())


# What is missing, and what a program does that needs it.
CASES = {
    "a2wsgi": lambda: responder.API().mount("/shop", wsgi),
    "httpx2": lambda: responder.API().requests,
    "responder.async_client": in_async_tests,
    "jinja2": lambda: responder.API().template_string("tea"),
    "jsonschema": lambda: responder.API(validate_responses="log"),
    "opentelemetry.instrumentation": lambda: responder.API(tracing=True),
    "prometheus_client": lambda: responder.API(metrics_route="/metrics"),
    "psycopg_pool": lambda: responder.API(
        secret_key=KEY, session_backend="postgresql://localhost/tea"
    ),
    "redis": lambda: responder.API(secret_key=KEY, session_backend="redis://localhost"),
    "redis.asyncio": in_redis,
    "yaml": lambda: responder.API().formats["yaml"].encode({"tea": "green"}),
}


@pytest.mark.parametrize("module", CASES)
def test_it_says_what_to_install(module, monkeypatch):
    gone = [name for name in sys.modules if name == module or name.startswith(f"{module}.")]
    for name in gone:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delattr(responder, module.rpartition(".")[2], raising=False)
    if module == "httpx2":
        monkeypatch.delitem(sys.modules, "starlette.testclient", raising=False)
        monkeypatch.setitem(sys.modules, "httpx", None)  # Starlette takes the older one, too.

    with pytest.raises((ImportError, RuntimeError)) as caught:
        CASES[module]()

    assert re.fullmatch(SENTENCE, str(caught.value))


def test_a_server_that_is_missing_is_told_of_on_the_command_line(tmp_path):
    (tmp_path / "app.py").write_text("import responder\n\napi = responder.API()\n")
    program = (
        "import sys; sys.modules['granian'] = None; from responder.ext.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "run", "--server", "granian", "--port", "0"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert result.returncode == 1
    assert re.fullmatch(rf"Error: {SENTENCE}\n", result.stderr)


def test_a_form_that_cannot_be_read_says_it_to_who_sent_it(monkeypatch):
    api = responder.API()

    @api.route("/", methods=["POST"])
    async def view(req, resp):
        resp.media = sorted(await req.media("files"))

    client = api.requests
    monkeypatch.setitem(sys.modules, "python_multipart.multipart", None)
    answer = client.post("/", files={"file": b"tea"})

    assert answer.status_code == 415
    assert re.fullmatch(SENTENCE, answer.json()["detail"])
