"""Rules: which limits a request is counted by, for whom, and how much."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from responder_ratelimit.concurrency import Concurrency
from responder_ratelimit.errors import LimitError
from responder_ratelimit.limits import Limit, read_limits

if TYPE_CHECKING:
    from responder_ratelimit.bans import Ban
    from responder_ratelimit.keys import Key
    from responder_ratelimit.limits import Limits

Plan: TypeAlias = Callable[[Any], "Limits | Awaitable[Limits | None] | None"]
"""A function of the request that gives its limits, as of a customer's plan; None for none."""


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Rule:
    """What a route is limited by: ``Rule("5/minute", key=by_user, when=has_failed)``.

    Args:
        limits: a limit, several, or a function of the request that gives them.
        name: routes of one name share their counts; without it each has its own.
        key: who is counted, a function of the request; the limiter's unless given.
        cost: how much a request counts for: a number, or a function of the request.
        charge: what is counted when it is answered, a function of request and response: the
            bytes that were sent, the complexity of a query.
        when: which requests count, a function of request and response: ``has_failed`` for logins.
            Until it is answered, each does.
        shadow: whether what would be refused is only reported.
        ban: what becomes of who is refused too often.

    Raises:
        LimitError: a limit cannot be read, or cannot work.
        TypeError: it is no limit, or no function.
    """

    limits: tuple[Limit, ...] | Plan
    name: str | None
    key: Key | None
    cost: int | Callable[[Any], int | Awaitable[int]]
    charge: Callable[[Any, Any], int | Awaitable[int]] | None
    when: Callable[[Any, Any], bool | Awaitable[bool]] | None
    shadow: bool
    ban: Ban | None

    def __init__(
        self,
        limits: Limits | Plan,
        *,
        name: str | None = None,
        key: Key | None = None,
        cost: int | Callable[[Any], int | Awaitable[int]] = 1,
        charge: Callable[[Any, Any], int | Awaitable[int]] | None = None,
        when: Callable[[Any, Any], bool | Awaitable[bool]] | None = None,
        shadow: bool = False,
        ban: Ban | None = None,
    ) -> None:
        functions: dict[str, object] = {"key": key, "charge": charge, "when": when}
        for word, function in functions.items():
            if function is not None and not callable(function):
                msg = f"Rule({word}=) is a function, not {function!r}"
                raise TypeError(msg)
        if not callable(cost) and (type(cost) is not int or cost < 0):
            msg = f"Rule(cost=) is 0 or more, or a function of the request, not {cost!r}"
            raise LimitError(msg)
        read = limits if callable(limits) else read_limits(limits)
        values = read, name, key, cost, charge, when, shadow, ban
        for each, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, each, value)

    def named(self, name: str) -> Rule:
        """The same, whose routes share a count by a name."""
        other = copy(self)
        object.__setattr__(other, "name", name)
        return other

    def __str__(self) -> str:
        if callable(self.limits):
            words = getattr(self.limits, "__qualname__", repr(self.limits))
        else:
            words = ", ".join(map(str, self.limits))
        return words + f" ({self.name})" * bool(self.name) + " (shadow)" * self.shadow


AnyRule: TypeAlias = "Rule | Concurrency"
"""A rule of requests in a time, or of requests at the same time."""

_One: TypeAlias = "Limits | AnyRule | Plan"
RateLimit: TypeAlias = "_One | Iterable[_One] | bool | None"
"""What ``rate_limit=`` takes: limits, rules, names of policies; False for none at all."""


def read_rules(given: object, policies: Mapping[str, AnyRule]) -> tuple[AnyRule, ...]:
    """The rules that ``rate_limit=`` means; a word that is a policy's name is that policy.

    Raises:
        LimitError: a limit cannot be read.
        TypeError: it is none of what ``RateLimit`` lists.
    """
    if isinstance(given, (Rule, Concurrency)):
        return (given,)
    if isinstance(given, str):
        policy = policies.get(given)
        if policy is not None:
            return (policy,)
        try:
            return (Rule(given),)
        except LimitError as error:
            known = f"; or it is a policy, of which there are {sorted(policies)}"
            raise LimitError(str(error) + known * bool(policies)) from None
    if isinstance(given, Limit) or callable(given):
        return (Rule(cast("Limits", given)),)
    if not isinstance(given, Iterable):
        msg = f"rate_limit= takes limits, rules, names of policies, or False, not {given!r}"
        raise TypeError(msg)
    return tuple(
        rule for each in cast("Iterable[object]", given) for rule in read_rules(each, policies)
    )


def read_policies(given: Mapping[str, RateLimit]) -> dict[str, AnyRule]:
    """The policies by name, each a rule that shares its count."""
    policies: dict[str, AnyRule] = {}
    for name, value in given.items():
        rules = read_rules(value, {})
        if len(rules) != 1:
            msg = f"the policy {name!r} is several rules; give each a name"
            raise TypeError(msg)
        policies[name] = rules[0].named(name)
    return policies
