"""The fixtures for pytest, as a program uses them."""

import subprocess
import sys

CONFTEST = """
import pytest
from responder_core import API

pytest_plugins = ["responder_core.fixtures"]

@pytest.fixture
def api():
    api = API()
    api.on_event("startup")(lambda: setattr(api.state, "up", True))
    api.add_route("/", lambda req, resp: f"up: {api.state.up}")
    return api
"""

TESTS = """
import httpx2
import pytest

def test_client(client):
    assert client.get("/").text == "up: True"

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_async_client(async_client):
    assert (await async_client.get("/")).text == "up: True"

def test_live_server(live_server):
    assert httpx2.get(live_server.url).text == "up: True"
"""


def test_each_runs_the_app_within_its_lifespan(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
