"""Markers: what may be said of a parameter."""

import pytest

from responder_core import Cookie, Depends, File, Form, Header, Path, Query

MARKERS = [Cookie, File, Form, Header, Path, Query]


@pytest.mark.parametrize("marker", MARKERS)
def test_an_unknown_option_is_refused_with_what_was_meant(marker):
    with pytest.raises(TypeError, match=rf"{marker.__name__}\(\) has no option 'gte'; did you"):
        marker(gte=3)
    with pytest.raises(TypeError, match=r"has no option 'zzz'$"):
        marker(zzz=3)


@pytest.mark.parametrize("marker", MARKERS)
def test_two_defaults_are_refused(marker):
    with pytest.raises(TypeError, match="a default or a default_factory=, not both"):
        marker(1, default_factory=int)


def test_two_of_one_provider_are_equal():
    assert Depends(dict) == Depends(dict)
    assert Depends(dict) != Depends(list)
    assert hash(Depends(dict)) == hash(Depends(dict))
