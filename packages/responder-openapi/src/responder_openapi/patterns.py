"""Patterns: regular expressions of Python as JSON Schema has them (ECMA-262)."""

from __future__ import annotations

import re

# What Python writes otherwise; the alternatives before it pass over escapes and classes.
_TOKEN = re.compile(
    r"\\(?P<anchor>[AZz])|\\.|(?P<opening>\[\^?)(?P<bracket>\]?)(?:\\.|[^\]\\])*\]"
    r"|\(\?P<(?P<name>\w+)>|\(\?P=(?P<again>\w+)\)|(?P<unknown>\(\?[^:=!<P]|[*+?}]\+)"
)


def translate_pattern(pattern: str) -> str | None:
    r"""A pattern of Python as ECMA-262 has it: ``"\Aab\Z"`` → ``"^ab$"``.

    None where it has what the other has no words for: flags and comments within, ``(?i)``, and
    quantifiers that give nothing back, ``a++``.
    """
    if any(each["unknown"] for each in _TOKEN.finditer(pattern)):
        return None
    return _TOKEN.sub(_translate, pattern)


def _translate(found: re.Match[str]) -> str:
    if found["name"]:
        return f"(?<{found['name']}>"
    if found["again"]:
        return rf"\k<{found['again']}>"
    if found["anchor"]:
        return "^" if found["anchor"] == "A" else "$"
    if found["bracket"]:  # A "]" that comes first is one of the class; there it would end it.
        opening = found["opening"]
        return rf"{opening}\{found[0].removeprefix(opening)}"
    return found[0]
