"""Patterns of Python as JSON Schema has them."""

import pytest

from responder_openapi.patterns import translate_pattern


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^[a-z]+$", "^[a-z]+$"),
        (r"\Aab\Z", "^ab$"),
        (r"\\A", r"\\A"),
        (r"[\A(?P<x>]", r"[\A(?P<x>]"),
        ("(?P<year>[0-9]+)-(?P=year)", r"(?<year>[0-9]+)-\k<year>"),
        ("(?:a|b)(?=c)(?!d)(?<=e)(?<!f)", "(?:a|b)(?=c)(?!d)(?<=e)(?<!f)"),
        (r"a\z", "a$"),
        ("[]a][^]b][c]", r"[\]a][^\]b][c]"),
        (r"\++[+*+]\}+a+b", r"\++[+*+]\}+a+b"),
        ("a++", None),
        ("(?>a)", None),
        ("(?i)abc", None),
        ("a(?i:b)", None),
        ("a(?#note)", None),
    ],
)
def test_what_each_is(pattern, expected):
    assert translate_pattern(pattern) == expected
