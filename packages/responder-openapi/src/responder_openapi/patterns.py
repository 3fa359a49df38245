"""Patterns: regular expressions of Python as JSON Schema has them (ECMA-262)."""

from __future__ import annotations

import re

# What Python writes otherwise; the alternatives before it pass over escapes and classes.
_TOKEN = re.compile(
    r"\\[AZ]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P<(\w+)>|\(\?P=(\w+)\)|\(\?[^:=!<P]"
)


def translate_pattern(pattern: str) -> str | None:
    r"""A pattern of Python as ECMA-262 has it: ``"\Aab\Z"`` → ``"^ab$"``.

    None where it has flags or comments within, ``(?i)``, for which the other has no words.
    """
    if any(each[0].startswith("(?") and not each[1] and not each[2] for each in _found(pattern)):
        return None
    return _TOKEN.sub(_translate, pattern)


def _found(pattern: str) -> list[re.Match[str]]:
    return list(_TOKEN.finditer(pattern))


def _translate(found: re.Match[str]) -> str:
    if found[1]:
        return f"(?<{found[1]}>"
    if found[2]:
        return rf"\k<{found[2]}>"
    return {r"\A": "^", r"\Z": "$"}.get(found[0], found[0])
