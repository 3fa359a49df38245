"""``responder limits``: what applies where."""

import json

import pytest
from click.testing import CliRunner

from responder_ratelimit.commands import command

APP = """\
import responder_core
from responder_ratelimit import RateLimits

api = responder_core.API(extensions=[RateLimits("100/minute", policies={"login": "5/minute"})])


@api.get("/")
async def home(req, resp): ...


@api.post("/login", rate_limit="login")
async def log_in(req, resp): ...


@api.get("/health", rate_limit=False)
async def health(req, resp): ...


@api.websocket_route("/ws", rate_limit="1/second")
async def socket(ws): ...
"""


@pytest.fixture
def show(tmp_path, monkeypatch):
    def run(text, *arguments):
        # A name of its own, as modules stay imported.
        file = tmp_path / f"app_of_{tmp_path.name}.py"
        file.write_text(text)
        monkeypatch.chdir(tmp_path)
        return CliRunner().invoke(command, [file.name, *arguments], catch_exceptions=False)

    return run


def test_it_is_a_table(show):
    result = show(APP)

    assert result.exit_code == 0
    assert [line.split(maxsplit=2) for line in result.output.splitlines()] == [
        ["methods", "path", "limits"],
        ["GET,HEAD", "/", "100/minute"],
        ["POST", "/login", "100/minute; 5/minute (login)"],
        ["GET,HEAD", "/health", "none: rate_limit=False"],
        ["WS", "/ws", "100/minute; 1/second"],
    ]


def test_or_json(show):
    rows = json.loads(show(APP, "--json").output)

    assert rows[0] == {"methods": "GET,HEAD", "path": "/", "limits": "100/minute"}


def test_what_nothing_limits_has_none(show):
    text = APP.replace('RateLimits("100/minute", policies={"login": "5/minute"})', "RateLimits()")
    text = text.replace(', rate_limit="login"', "").replace(', rate_limit="1/second"', "")

    assert show(text.replace(", rate_limit=False", "")).output.count(" none\n") == 4


def test_an_app_without_limits_says_so(show):
    text = APP.replace('RateLimits("100/minute", policies={"login": "5/minute"})', "")
    text = text.replace(', rate_limit="login"', "").replace(", rate_limit=False", "")
    output = show(text.replace(', rate_limit="1/second"', "")).output

    assert output.count("unknown: the app has no RateLimits()") == 4
