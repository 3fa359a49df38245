"""What the reference says by hand of problems is what packages answer."""

from __future__ import annotations

import re

import pytest

import responder
from responder_core.status import phrase
from tests.workspace.members import MEMBERS, ROOT

PAGE = (ROOT / "docs/reference/problems.md").read_text(encoding="utf-8")


def test_every_type_is_listed() -> None:
    known = {"about:blank"}
    for member in MEMBERS:
        for _, file in member.modules():
            found = re.findall(
                r'"(https://iana\.org/assignments/http-problem-types#[\w-]+)"', file.read_text()
            )
            known.update(found)

    assert set(re.findall(r"^`((?:about|https):\S+)`, ", PAGE, re.MULTILINE)) == known


def test_every_status_that_a_package_raises_is_listed() -> None:
    raised = {
        int(status)
        for member in MEMBERS
        for _, file in member.modules()
        for status in re.findall(r"(?<!`)raise Problem\(\s*(\d{3})", file.read_text())
    }
    listed = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}

    assert raised
    assert raised - listed == set()
    assert all(phrase(status) for status in listed)


@pytest.mark.parametrize("banned", [False, True])
def test_a_limit_answers_with_its_type(banned: bool) -> None:
    from responder_ratelimit import Ban, Rule

    rule = Rule("1/minute", ban=Ban(after=1, seconds=60)) if banned else "1/minute"
    api = responder.API()
    api.add_route("/", lambda req, resp: None, rate_limit=rule)
    answers = [api.requests.get("/") for _ in range(4)]

    assert answers[0].status_code == 200
    assert answers[-1].json()["type"] in PAGE
    assert "violated-policies" in answers[-1].json()


def test_the_example_is_what_is_answered() -> None:
    api = responder.API()

    async def add(req, resp, *, grams: int): ...

    api.add_route("/", add)
    refused = api.requests.get("/?grams=many").json()

    assert refused["title"] in PAGE
    assert refused["detail"] in PAGE
    assert refused["errors"][0]["detail"] in PAGE
