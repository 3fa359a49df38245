"""Signed values: nobody else can make one, and each of the keys reads them."""

from __future__ import annotations

import base64
import hashlib
import json

import itsdangerous
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_sessions.signing import CookieSigner

OLD, NEW, OTHER = "the old key 0123456789", "the new key 0123456789", "no key of ours 0123456789"


def signer(*keys, salt="salt", starlette=False, now=1000.0):
    return CookieSigner(keys or (NEW,), salt=salt, starlette=starlette, clock=lambda: now)


def values_of(signed):
    return {key: bytes(value) for key, value in signed[2].items()}


def test_what_was_signed_is_read():
    cookie = signer(now=1000.7).dump({"user": b'"ada"', "n": b"1"}, created=900.2)

    signed = signer().load(cookie)

    assert values_of(signed) == {"user": b'"ada"', "n": b"1"}
    issued, created, _, is_foreign = signed
    assert (issued, created, is_foreign) == (1000, 900, False)


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), max_size=200)
)
def test_whatever_was_signed_is_read(values):
    content = {key: str(value).encode() for key, value in values.items()}

    assert values_of(signer().load(signer().dump(content, created=0))) == content


def test_the_signature_is_that_of_itsdangerous():
    """HMAC with SHA-256, by the key that it derives."""
    algorithm = itsdangerous.HMACAlgorithm(hashlib.sha256)
    theirs = itsdangerous.Signer(
        NEW, "salt", key_derivation="hmac", digest_method=hashlib.sha256, algorithm=algorithm
    )
    cookie = signer().dump({"user": b'"ada"'}, created=0)

    assert theirs.unsign(cookie) == cookie.rpartition(b".")[0]


def test_a_long_session_is_compressed():
    content = {"text": json.dumps("tea " * 2000).encode()}

    cookie = signer().dump(content, created=0)

    assert len(cookie) < 500
    assert values_of(signer().load(cookie)) == content


def test_the_first_key_signs_and_all_verify():
    by_old = signer(OLD).dump({"a": b"1"}, created=0)
    by_both = signer(NEW, OLD).dump({"a": b"1"}, created=0)

    assert signer(NEW, OLD).load(by_old) is not None
    assert signer(NEW).load(by_both) is not None
    assert signer(OLD).load(by_both) is None


def test_another_salt_is_another_signature():
    assert signer(salt="other").load(signer().dump({}, created=0)) is None


@pytest.mark.parametrize("position", [0, 1, 10, -1, -20])
def test_whatever_is_changed_is_refused(position):
    cookie = signer().dump({"user": b'"ada"'}, created=0)
    changed = bytearray(cookie)
    changed[position] = ord("A") if changed[position] != ord("A") else ord("B")

    assert signer().load(bytes(changed)) is None


@pytest.mark.parametrize("cookie", ["", ".", "a.b", "null", "ü", "a" * 100_000, '"', "j.", "=.="])
def test_what_is_no_cookie_of_ours_is_refused(cookie):
    assert signer(starlette=True).load(cookie.encode()) is None


@pytest.mark.parametrize(
    "content", [b"", b"x", b"jAAA", b"zAAA", b"j" + base64.b64encode(b"[1]"), b"jA"]
)
def test_something_else_that_the_key_signed_is_refused(content):
    other = itsdangerous.Signer(NEW, "salt", key_derivation="hmac", digest_method="sha256")
    other.digest_method = hashlib.sha256
    other.algorithm = itsdangerous.HMACAlgorithm(hashlib.sha256)

    assert signer().load(other.sign(content)) is None


def test_a_bomb_that_the_key_signed_is_refused():
    import zlib

    from responder_sessions.signing import _to_text

    made = signer()
    bomb = b"z" + _to_text(zlib.compress(b" " * 50_000_000))

    assert made.load(bomb + b"." + made._macs[0].sign(bomb)) is None


class TestStarlette:
    """Cookies of Starlette's SessionMiddleware, and of Responder up to 9.2."""

    def cookie(self, key=NEW, content=b'{"user": "ada", "n": [1, 2]}'):
        return itsdangerous.TimestampSigner(key).sign(base64.b64encode(content))

    def test_they_are_read_where_that_is_asked_for(self):
        signed = signer(starlette=True).load(self.cookie())

        assert values_of(signed) == {"user": b'"ada"', "n": b"[1, 2]"}
        assert signed[3]

    def test_they_are_read_by_each_key(self):
        assert signer(NEW, OLD, starlette=True).load(self.cookie(OLD)) is not None
        assert signer(NEW, starlette=True).load(self.cookie(OTHER)) is None

    def test_they_are_not_read_otherwise(self):
        assert signer().load(self.cookie()) is None

    @pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"1"])
    def test_one_that_is_broken_is_refused(self, content):
        assert signer(starlette=True).load(self.cookie(content=content)) is None
