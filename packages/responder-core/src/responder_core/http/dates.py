"""Dates as HTTP has them (RFC 9110 §5.6.7)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from math import isfinite

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAY = "(?:" + "|".join(_DAYS) + ")"
_FULL_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
# The sixtieth second is a leap second.
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>[0-5]\d|60)"
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_YEAR = r"(?P<year>\d{4})"
_FORMATS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        # Sun, 06 Nov 1994 08:49:37 GMT: the one that is sent.
        rf"{_DAY}, (?P<day>\d\d) {_MONTH} {_YEAR} {_CLOCK} GMT",
        # Sunday, 06-Nov-94 08:49:37 GMT: RFC 850, obsolete.
        rf"{_FULL_DAY}, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_CLOCK} GMT",
        # Sun Nov  6 08:49:37 1994: C's asctime(), obsolete.
        rf"{_DAY} {_MONTH} (?P<day>[ \d]\d) {_CLOCK} {_YEAR}",
    )
)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parse_date(text: str) -> float | None:
    """The moment that an HTTP date names, in seconds of the POSIX clock; None for no date.

    ``parse_date("Sun, 06 Nov 1994 08:49:37 GMT")`` → ``784111777.0``. The two obsolete forms
    are read too; that the day of the week fits the date is not asked. The reverse of
    ``format_date()``.
    """
    for form in _FORMATS:
        found = form.fullmatch(text)
        if found is not None:
            break
    else:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _full_year(year)
    month = _MONTHS.index(found["month"]) + 1
    # A leap second is a second of that minute (RFC 9110 §5.6.7 takes RFC 5322's grammar).
    second = min(int(found["second"]), 59)
    try:
        moment = datetime(
            year,
            month,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            second,
            tzinfo=timezone.utc,
        )
    except ValueError:  # The thirtieth of February, the 25th hour.
        return None
    return (moment - _EPOCH).total_seconds()


def _full_year(year: int) -> int:
    """A year of two digits in full: never more than 50 years from now (RFC 9110 §5.6.7)."""
    latest = datetime.now(timezone.utc).year + 50
    return latest - (latest - year) % 100


def format_date(moment: float | datetime) -> str:
    """A moment as an HTTP date: ``format_date(784111777)`` → ``"Sun, 06 Nov 1994 08:49:37 GMT"``.

    A moment is in seconds of the POSIX clock, or a datetime; one without a zone is in UTC.
    Fractions of a second are cut. The reverse of ``parse_date()``.

    Raises:
        ValueError: the moment is before the year 1 or after 9999, or is none.
    """
    try:
        utc = _EPOCH + timedelta(seconds=posix_seconds(moment) // 1)
    except OverflowError as error:
        msg = f"an HTTP date has a year of 1 to 9999; {moment!r} is outside"
        raise ValueError(msg) from error
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc:%H:%M:%S} GMT"


def posix_seconds(moment: object) -> float:
    """A moment in seconds of the POSIX clock: of a datetime, an HTTP date, or such seconds.

    Raises:
        ValueError: it is no moment.
    """
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
        return (aware - _EPOCH).total_seconds()
    found = parse_date(moment) if isinstance(moment, str) else None
    if isinstance(moment, (int, float)) and not isinstance(moment, bool):
        found = _finite(moment)
    if found is None:
        msg = f"a moment is a datetime, an HTTP date or seconds, not {moment!r}"
        raise ValueError(msg)
    return found


def _finite(number: float) -> float | None:
    """A number as a float; None for infinity, what is no number, and an int that is too long."""
    try:
        return float(number) if isfinite(number) else None
    except OverflowError:
        return None
