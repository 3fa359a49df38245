"""Status codes by name."""

from __future__ import annotations

import pytest

from responder import status_codes


def test_the_codes_are_those_that_were_published():
    ranges = [
        *range(100, 104),
        122,
        *range(200, 209),
        226,
        *range(300, 309),
        *range(400, 419),
        *range(421, 427),
        428,
        429,
        431,
        444,
        449,
        450,
        451,
        499,
        *range(500, 508),
        509,
        510,
        511,
    ]

    assert [*status_codes.codes] == ranges


@pytest.mark.parametrize("code", status_codes.codes)
def test_a_code_has_its_number_and_its_names(code):
    assert getattr(status_codes, f"HTTP_{code}") == code
    known = {*status_codes.codes[code]} - ({"precondition"} if code == 412 else set())
    assert known
    assert {getattr(status_codes, name) for name in known} == {code}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ok", 200),
        ("created", 201),
        ("not_found", 404),
        ("teapot", 418),
        ("precondition", 428),
        ("✓", 200),
        ("✗", 500),
    ],
)
def test_names_that_programs_use(name, code):
    assert getattr(status_codes, name) == code


def test_they_can_be_imported():
    from responder.status_codes import HTTP_201, no_content

    assert (HTTP_201, no_content) == (201, 204)


@pytest.mark.parametrize("hundred", [100, 200, 300, 400, 500])
def test_a_class_of_codes_is_told(hundred):
    is_of = getattr(status_codes, f"is_{hundred}")

    found = [code for code in range(600) if is_of(code)]
    assert found == [*range(hundred, hundred + 100)]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'HTTP_999'"):
        status_codes.HTTP_999  # noqa: B018 - reading it is the test
