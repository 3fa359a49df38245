"""Header fields: what the draft's syntax and the older fields say."""

import pytest

from responder_ratelimit import Limit
from responder_ratelimit.algorithms import Verdict
from responder_ratelimit.headers import (
    compile_fields,
    compile_joint_fields,
    format_policies,
    format_states,
    retry_after,
    write_fields,
)


def verdict(limit, remaining=3, reset=0.2, retry=0.0):
    return Verdict(Limit(limit), not retry, remaining, reset, retry)


@pytest.mark.parametrize(
    ("limit", "policy"),
    [
        (Limit("100/minute"), '"100/minute";q=100;w=60'),
        (Limit("10/second; burst 25"), '"10/second; burst 25";q=25;w=3'),
        (Limit("5/hour; fixed-window"), '"5/hour; fixed-window";q=5;w=3600'),
        (Limit("1/minute", name='my "tea" \\ cup'), r'"my \"tea\" \\ cup";q=1;w=60'),
    ],
)
def test_a_policy_is_named_and_has_a_quota_and_a_window(limit, policy):
    assert format_policies((limit,)) == policy


def test_several_are_a_list():
    limits = Limit("1/second"), Limit("9/hour")

    assert format_policies(limits) == '"1/second";q=1;w=1, "9/hour";q=9;w=3600'
    assert format_states([verdict("1/second"), verdict("9/hour", 0, 7.1)]) == (
        '"1/second";r=3;t=1, "9/hour";r=0;t=8'
    )


def test_the_older_fields_tell_of_the_tightest():
    verdicts = [verdict("9/second", 5), verdict("5/hour", 2, 100), verdict("90/day", 9)]

    assert write_fields(verdicts, "x") == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": "100",
    }


def test_of_what_refuses_they_tell_first():
    verdicts = [verdict("9/second", 0), verdict("5/hour", 2, 100, retry=1)]

    assert write_fields(verdicts, "x")["X-RateLimit-Limit"] == "5"


@pytest.mark.parametrize("style", ["both", None])
def test_without_limits_there_are_none(style):
    assert write_fields([], style) == {}


@pytest.mark.parametrize(
    ("retries", "jitter", "after"),
    [
        ([0.2], 0, 1),
        ([1.0], 0, 1),
        ([1.001, 0.5], 0, 2),
        ([0.4], 3.3, 4),
        ([1.0, float("inf")], 0, None),
    ],
)
def test_when_to_come_back_is_rounded_up(retries, jitter, after):
    assert retry_after([verdict("1/s", retry=each) for each in retries], jitter) == after


def test_fields_are_written_once_for_each_debt_while_there_are_few():
    limit = Limit("3000/minute")
    write = compile_fields(limit, "x")
    first = write(0)

    assert write(0) is first
    for each in range(2, 1026):
        write(each * limit.ticks)

    assert write(0) is not first
    assert write(0) == first


def test_those_of_several_limits_are_written_once_while_there_are_few():
    limits = [Limit("3000/minute"), Limit("9/second")]
    write = compile_joint_fields(limits, "draft")
    first = write([0, 0])

    assert write([0, 0]) is first
    for each in range(1, 1025):
        write([each * limits[0].ticks, 0])

    assert write([0, 0]) is not first
    assert write([0, 0]) == first
