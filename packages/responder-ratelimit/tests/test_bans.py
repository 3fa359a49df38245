"""Bans: who is refused too often is refused altogether for a while."""

import pytest

from responder_ratelimit import Ban, LimitError, Rule


@pytest.fixture
def ask(api_factory, client_factory):
    """Ask so often, of an app with two requests a second and a ban; the statuses."""
    api = api_factory(Rule("2/second", ban=Ban(after=3, seconds=60)))
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)
    return lambda times: [client.get("/").status_code for _ in range(times)]


def test_after_so_many_violations_nothing_is_answered_for_a_while(ask, clock):
    assert ask(5) == [200, 200, 429, 429, 429]
    clock.advance(59)
    assert ask(1) == [429]  # Of the ban: the limit itself would admit it.

    clock.advance(1.1)

    assert ask(1) == [200]


def test_the_answer_says_so(api_factory, client_factory):
    api = api_factory(Rule("1/second", ban=Ban(after=1, seconds=60)))
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)
    answers = [client.get("/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].json()["violated-policies"] == ["1/second"]
    assert answers[2].json()["violated-policies"] == ["ban"]
    assert answers[2].json()["type"].endswith("#abnormal-usage-detected")
    assert answers[2].headers["retry-after"] == "60"


def test_what_comes_meanwhile_is_no_violation(ask, clock):
    assert ask(30).count(200) == 2
    clock.advance(60.1)

    assert ask(2) == [200, 200]


def test_it_lasts_as_long_as_is_said_however_the_violations_came(ask, clock):
    for _ in range(3):
        assert ask(3) == [200, 200, 429]
        clock.advance(25)
    clock.advance(34)
    assert ask(1) == [429]  # 59 seconds after the third violation.

    clock.advance(1.1)

    assert ask(1) == [200]


def test_after_it_violations_are_counted_anew(ask, clock):
    ask(5)
    clock.advance(60.1)
    assert ask(4) == [200, 200, 429, 429]
    clock.advance(1)

    assert ask(1) == [200]


def test_violations_that_are_far_apart_do_not_count_together(api_factory, client_factory, clock):
    api = api_factory(Rule("1/second", ban=Ban(after=2, seconds=60, within=10)))
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)

    def ask(times):
        return [client.get("/").status_code for _ in range(times)]

    assert ask(2) == [200, 429]
    clock.advance(11)
    assert ask(2) == [200, 429]
    clock.advance(5)
    assert ask(2) == [200, 429]  # The second within ten seconds.
    clock.advance(59)
    assert ask(1) == [429]
    clock.advance(1.1)
    assert ask(1) == [200]


def test_others_are_not_banned(api_factory, client_factory):
    api = api_factory(Rule("1/second", ban=Ban(after=1, seconds=60)))
    api.get("/")(lambda req, resp: "tea")
    client = client_factory(api)
    for _ in range(3):
        client.get("/")

    assert client_factory(api, "192.0.2.2").get("/").status_code == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"after": 0, "seconds": 1}, r"Ban\(after=\) is a whole number, 1 or more, not 0"),
        ({"after": 1, "seconds": 0}, r"Ban\(seconds=\) takes seconds above 0, not 0"),
        ({"after": 1, "seconds": 1, "within": -1}, r"Ban\(within=\) takes seconds above 0, not -1"),
    ],
)
def test_numbers_that_cannot_work_are_refused(options, message):
    with pytest.raises(LimitError, match=message):
        Ban(**options)
