"""Dates as HTTP has them (RFC 9110 §5.6.7)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core.http.dates import format_date, parse_date, posix_seconds

EXAMPLE = 784111777
NAIVE = datetime(2026, 3, 1, 12, tzinfo=timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", id="5.6.7-imf-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", id="5.6.7-rfc850"),
        pytest.param("Sun Nov  6 08:49:37 1994", id="5.6.7-asctime"),
    ],
)
def test_the_three_forms_name_one_moment(text):
    assert parse_date(text) == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="words"),
        pytest.param("Sun, 06 Nov 1994 08:49:37", id="no-zone"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 +0100", id="another-zone"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 -0000", id="zone-unknown"),
        pytest.param("Sun, 6 Nov 1994 08:49:37 GMT", id="one-digit-day"),
        pytest.param("Sun, 31 Feb 1994 08:49:37 GMT", id="no-such-day"),
        pytest.param("Sun, 06 Nov 1994 25:49:37 GMT", id="no-such-hour"),
        pytest.param("Sun, 06 Nov 1994 08:60:37 GMT", id="no-such-minute"),
        pytest.param("Sun, 06 Nov 1994 08:49:61 GMT", id="no-such-second"),
        pytest.param("Xyz, 06 Nov 1994 08:49:37 GMT", id="no-such-weekday"),
        pytest.param("Sun, 06-Nov-94 08:49:37 GMT", id="rfc850-with-a-short-weekday"),
        pytest.param("Sunday, 06 Nov 1994 08:49:37 GMT", id="fixdate-with-a-long-weekday"),
        pytest.param("Xyz Nov  6 08:49:37 1994", id="asctime-of-no-weekday"),
        pytest.param("Sun Nov 6 08:49:37 1994", id="asctime-of-one-digit"),
        pytest.param("Sun, 06 Nov 0000 08:49:37 GMT", id="year-0"),
        pytest.param("Sun, 06 nov 1994 08:49:37 GMT", id="case-matters"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT ", id="trailing-blank"),
        pytest.param("Sun, ٠٦ Nov 1994 08:49:37 GMT", id="other-digits"),
        pytest.param("1994-11-06T08:49:37Z", id="iso-8601"),
        pytest.param("784111777", id="seconds"),
        pytest.param("9" * 65536, id="64-kib"),
        pytest.param(" " * 65536, id="64-kib-of-blanks"),
        pytest.param("Sun, " * 13000, id="64-kib-of-weekdays"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT" + " " * 65536, id="64-kib-behind"),
    ],
)
def test_what_is_no_date_is_none(text):
    assert parse_date(text) is None


def test_a_leap_second_is_the_second_before():
    """RFC 5322 §3.3 allows the sixtieth second."""
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT") == parse_date(
        "Sat, 31 Dec 2016 23:59:59 GMT"
    )


def test_a_year_of_two_digits_is_at_most_fifty_years_ahead():
    """RFC 9110 §5.6.7."""
    this = datetime.now(timezone.utc).year
    for ahead in (-49, 0, 49, 50):
        text = f"Sunday, 06-Nov-{(this + ahead) % 100:02} 08:49:37 GMT"

        assert datetime.fromtimestamp(parse_date(text), timezone.utc).year == this + ahead
    text = f"Sunday, 06-Nov-{(this + 51) % 100:02} 08:49:37 GMT"
    assert datetime.fromtimestamp(parse_date(text), timezone.utc).year == this - 49


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(EXAMPLE, "Sun, 06 Nov 1994 08:49:37 GMT", id="seconds"),
        pytest.param(EXAMPLE + 0.999, "Sun, 06 Nov 1994 08:49:37 GMT", id="fractions-are-cut"),
        pytest.param(0, "Thu, 01 Jan 1970 00:00:00 GMT", id="the-epoch"),
        pytest.param(-0.5, "Wed, 31 Dec 1969 23:59:59 GMT", id="before-the-epoch"),
        pytest.param(NAIVE, "Sun, 01 Mar 2026 12:00:00 GMT", id="naive-is-utc"),
        pytest.param(
            datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))),
            "Sun, 01 Mar 2026 10:00:00 GMT",
            id="another-zone",
        ),
        pytest.param(
            datetime(1, 1, 1, tzinfo=timezone.utc), "Mon, 01 Jan 0001 00:00:00 GMT", id="year-1"
        ),
    ],
)
def test_a_moment_is_written_as_imf_fixdate(moment, text):
    assert format_date(moment) == text


@pytest.mark.parametrize("moment", [1e12, -1e12, 1e308], ids=repr)
def test_a_moment_that_no_year_has_is_refused(moment):
    with pytest.raises(ValueError, match="a year of 1 to 9999"):
        format_date(moment)


@given(st.integers(-30_000_000_000, 250_000_000_000))
def test_what_is_written_is_read_again(moment):
    whole = datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=moment)

    assert parse_date(format_date(moment)) == posix_seconds(whole) == moment


@pytest.mark.parametrize(
    "moment",
    [True, None, "soon", object(), b"1", float("inf"), float("-inf"), float("nan"), 10**400],
    ids=lambda moment: ascii(moment)[:20],
)
@pytest.mark.parametrize("convert", [posix_seconds, format_date])
def test_what_is_no_moment_is_refused(convert, moment):
    with pytest.raises(ValueError, match="a moment is a datetime, an HTTP date or seconds"):
        convert(moment)


@given(st.text())
def test_any_text_is_a_date_or_none(text):
    moment = parse_date(text)

    assert moment is None or parse_date(format_date(moment)) == moment
