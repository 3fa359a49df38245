"""Limits: how they are read, written and compared."""

import pytest

from responder_ratelimit import Limit, LimitError
from responder_ratelimit.limits import read_limits


@pytest.mark.parametrize(
    ("text", "requests", "period", "burst", "written"),
    [
        ("100/minute", 100, 60, 100, "100/minute"),
        ("1/s", 1, 1, 1, "1/second"),
        ("5 per 2 hours", 5, 7200, 5, "5/7200 second"),
        ("10/second; burst 20", 10, 1, 20, "10/second; burst 20"),
        ("10 / Second ;  BURST 3", 10, 1, 3, "10/second; burst 3"),
        ("7/0.5 seconds", 7, 0.5, 7, "7/0.5 second"),
        ("3/week", 3, 604_800, 3, "3/week"),
        ("8/day; sliding-window", 8, 86_400, 8, "8/day; sliding-window"),
        ("8/h; burst 2; token-bucket", 8, 3600, 2, "8/hour; burst 2; token-bucket"),
        ("9/m; cost 3", 9, 60, 9, "9/minute; cost 3"),
        ("9/0.00005 seconds", 9, 0.00005, 9, "9/0.00005 second"),
    ],
)
def test_text_is_read_and_written(text, requests, period, burst, written):
    limit = Limit(text)

    assert (limit.requests, limit.period, limit.burst) == (requests, period, burst)
    assert str(limit) == written
    assert Limit(str(limit)) == limit


def test_numbers_are_the_same_limit():
    limit = Limit(requests=100, period=60)

    assert limit == Limit("100/minute")
    assert hash(limit) == hash(Limit("100/minute"))
    assert len({limit, Limit("100/minute"), Limit("100/minute; burst 5")}) == 2
    assert "requests=100" in repr(limit)


def test_several_are_read_at_once():
    assert read_limits("10/second; burst 20; 1000/hour; fixed-window") == (
        Limit("10/second; burst 20"),
        Limit("1000/hour; fixed-window"),
    )
    assert read_limits([Limit("1/s"), "2/m, 3/h"]) == (Limit("1/s"), Limit("2/m"), Limit("3/h"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("100/fortnight", "'fortnight' in '100/fortnight' is no unit; .*'100/minute'"),
        ("hundred/minute", "'hundred/minute' is no limit; write it as '100/minute'"),
        ("10/second; burst many", "'burst many' in '10/second; burst many' is no limit"),
        ("burst 3", "'burst 3' is no limit"),
        ("10/s; burst 2; burst 3", "'burst 3' in .* is no limit"),
        ("0/second", "requests of a limit is a whole number, 1 or more, not 0"),
        ("5/0 seconds", "the period of a limit is in seconds, above 0, not 0.0"),
        ("", "'' is no limit; write it as"),
        ("1/s; 2/m", "is several limits"),
        ("10/s; burst 5; fixed-window", "a fixed-window has no burst"),
    ],
)
def test_what_cannot_be_read_says_what_is_wrong_and_what_is_right(text, message):
    with pytest.raises(LimitError, match=message):
        Limit(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests": 5}, "has requests and a period"),
        ({"requests": 5, "period": -1}, "not -1"),
        ({"requests": 5, "period": float("nan")}, "not nan"),
        ({"requests": 5, "period": "1"}, "the period of a limit is in seconds, above 0, not '1'"),
        ({"requests": 5, "period": True}, "the period of a limit is in seconds, above 0, not True"),
        ({"requests": 2.5, "period": 1}, "not 2.5"),
        ({"requests": True, "period": 1}, "not True"),
        ({"requests": 5, "period": 1, "burst": 0}, "burst of a limit .* not 0"),
        ({"requests": 5, "period": 1, "cost": 0}, "cost of a limit .* not 0"),
        (
            {"requests": 5, "period": 1, "algorithm": "magic"},
            "no algorithm 'magic'; there are gcra",
        ),
        ({"text": "5/s", "requests": 5}, "give one or the other"),
        ({"text": "5/s", "name": "tea\r\nX: y"}, "the name of a limit is printable ASCII"),
        ({"text": "5/s", "name": "größe"}, "the name of a limit is printable ASCII"),
    ],
)
def test_numbers_that_cannot_work_are_refused(options, message):
    text = options.pop("text", None)

    with pytest.raises(LimitError, match=message):
        Limit(text, **options)


@pytest.mark.parametrize("given", [5, None, [5], [None]])
def test_what_is_no_limit_is_a_type_error(given):
    with pytest.raises(TypeError, match="a limit is text or a Limit, not"):
        read_limits(given)


def test_none_at_all_is_refused():
    with pytest.raises(LimitError, match="there is no limit in"):
        read_limits([])
