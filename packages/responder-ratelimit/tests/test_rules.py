"""Rules: what they are made of, and how they are told."""

import pytest

from responder_ratelimit import Limit, LimitError, Rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("5/minute; 9/hour"), "5/minute, 9/hour"),
        (Rule(Limit("5/minute"), name="login"), "5/minute (login)"),
        (Rule("5/minute", shadow=True), "5/minute (shadow)"),
    ],
)
def test_they_say_what_they_are(rule, words):
    assert str(rule) == words


def test_a_function_is_told_by_its_name():
    def plan(req):
        return "5/minute"

    assert str(Rule(plan)).endswith("plan")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"key": "address"}, TypeError, r"Rule\(key=\) is a function, not 'address'"),
        ({"when": True}, TypeError, r"Rule\(when=\) is a function, not True"),
        ({"charge": 3}, TypeError, r"Rule\(charge=\) is a function, not 3"),
        ({"cost": -1}, LimitError, r"Rule\(cost=\) is 0 or more, .* not -1"),
        ({"cost": 1.5}, LimitError, "not 1.5"),
    ],
)
def test_what_cannot_work_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        Rule("5/minute", **options)
