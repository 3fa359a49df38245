"""Header fields: what clients are told of the limits that they are counted by.

(draft-ietf-httpapi-ratelimit-headers-11, Structured Fields of RFC 9651, and the three fields with
``X-`` in front that came before it.)
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, isinf
from typing import TYPE_CHECKING, Literal, TypeAlias

from responder_core.http.headers import encode_name, encode_value
from responder_ratelimit.algorithms import judge_debt
from responder_ratelimit.limits import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.types import Header
    from responder_ratelimit.algorithms import Verdict
    from responder_ratelimit.limits import Limit

Style: TypeAlias = Literal["draft", "x", "both"]
"""Which fields are sent: those of the draft, those with ``X-``, or both."""

STYLES: tuple[Style, ...] = ("draft", "x", "both")

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""The type of the problem of a request that is refused (§6.1 of the draft)."""


ABNORMAL_USAGE = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"
"""The type of the problem of who is banned (§6.3 of the draft)."""

# How many answers of one limit are kept as they were written: who comes within a second gets them.
_KEPT = 1024


def name_limit(limit: Limit) -> str:
    """What a limit is called in fields and problems: its name, or what it says."""
    return limit.name or str(limit)


@lru_cache(maxsize=1024)
def format_policies(limits: tuple[Limit, ...]) -> str:
    """The RateLimit-Policy of limits: ``"10/second";q=10;w=1, "1000/hour";q=1000;w=3600``.

    The quota is what is admitted at once, and the window the seconds in which that comes back.
    """
    return ", ".join(
        f"{_quote(name_limit(each))};q={each.burst};w={ceil(each.window)}" for each in limits
    )


def format_states(verdicts: Sequence[Verdict]) -> str:
    """The RateLimit of verdicts: ``"10/second";r=7;t=1``."""
    return ", ".join(
        f"{_quoted(each.limit)};r={each.remaining};t={ceil(each.reset_after)}" for each in verdicts
    )


def write_fields(verdicts: Sequence[Verdict], style: Style | None) -> dict[str, str]:
    """The fields of an answer, whether the request was admitted or not."""
    fields: dict[str, str] = {}
    if style is None or not verdicts:
        return fields
    if style != "x":
        fields["RateLimit-Policy"] = format_policies(tuple([each.limit for each in verdicts]))
        fields["RateLimit"] = format_states(verdicts)
    if style != "draft":
        tightest = verdicts[0] if len(verdicts) == 1 else min(verdicts, key=_room)
        fields["X-RateLimit-Limit"] = str(tightest.limit.burst)
        fields["X-RateLimit-Remaining"] = str(tightest.remaining)
        fields["X-RateLimit-Reset"] = str(ceil(tightest.reset_after))
    return fields


def compile_fields(limit: Limit, style: Style | None) -> Callable[[int], list[Header]] | None:
    """What writes the fields for a debt by GCRA, encoded: ``write_fields()``, made at start-up."""
    if style is None:
        return None
    name = _quote(name_limit(limit)).encode("latin-1", "replace")
    policy = (b"ratelimit-policy", format_policies((limit,)).encode("latin-1", "replace"))
    most = (b"x-ratelimit-limit", b"%d" % limit.burst)
    ticks, full = limit.ticks, limit.burst * limit.ticks
    second = limit.requests * MICROSECONDS

    def write(left: int, reset: int) -> list[Header]:
        old = [
            most,
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % reset),
        ]
        if style == "x":
            return old
        new = [policy, (b"ratelimit", b"%b;r=%d;t=%d" % (name, left, reset))]
        return new if style == "draft" else new + old

    written: dict[tuple[int, int], list[Header]] = {}
    # Who owes nothing else has them without a division, which is dear for numbers of this size.
    one = limit.cost * ticks
    first = write(max(0, full - one) // ticks, -(-one // second))

    def recall(debt: int) -> list[Header]:
        if debt == one:
            return first
        stands = (full - debt) // ticks, -(-debt // second)
        fields = written.get(stands)
        if fields is None:
            if len(written) >= _KEPT:
                written.clear()
            fields = written[stands] = write(max(0, stands[0]), stands[1])
        return fields

    return recall


def compile_joint_fields(
    limits: Sequence[Limit], style: Style | None
) -> Callable[[Sequence[int]], list[Header]] | None:
    """As ``compile_fields()`` for several limits, and the debt by each."""
    if style is None:
        return None
    sizes = [(each.burst * each.ticks, each.ticks, each.requests * MICROSECONDS) for each in limits]
    written: dict[tuple[tuple[int, int], ...], list[Header]] = {}

    def recall(debts: Sequence[int]) -> list[Header]:
        stands = tuple(
            [
                ((full - debt) // ticks, -(-debt // second))
                for (full, ticks, second), debt in zip(sizes, debts, strict=True)
            ]
        )
        fields = written.get(stands)
        if fields is None:
            if len(written) >= _KEPT:
                written.clear()
            verdicts = [
                judge_debt(limit, debt, 0) for limit, debt in zip(limits, debts, strict=True)
            ]
            told = write_fields(verdicts, style).items()
            fields = written[stands] = [
                (encode_name(name), encode_value(said)) for name, said in told
            ]
        return fields

    return recall


def retry_after(verdicts: Sequence[Verdict], jitter: float = 0.0) -> int | None:
    """The seconds after which to come back, rounded up; None where that is in vain."""
    wait = max(each.retry_after for each in verdicts)
    return None if isinf(wait) else max(1, ceil(wait + jitter))


def _room(verdict: Verdict) -> tuple[bool, int]:
    return verdict.allowed, verdict.remaining


@lru_cache(maxsize=1024)
def _quoted(limit: Limit) -> str:
    return _quote(name_limit(limit))


def _quote(text: str) -> str:
    """A String (RFC 9651 §4.1.6)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
