"""Passwords of examples/site: how they are kept, and the command that keeps them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from examples.site.passwords import (
    Accounts,
    PasswordError,
    hash_password,
    main,
    password_file,
    verify_password,
)
from examples.site.settings import Settings


def run(root, *arguments, password="a teapot of one's own", **environment):
    return subprocess.run(
        [sys.executable, "-m", "examples.site.passwords", *arguments, "--stdin"],
        cwd=root,
        env={**os.environ, **environment},
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_hash_knows_its_password_and_tells_nothing():
    one, other = hash_password("tea", cost=16), hash_password("tea", cost=16)

    assert one != other
    assert "tea" not in one
    assert verify_password("tea", one)
    assert verify_password("tea", other)
    assert not verify_password("teA", one)


def test_a_hash_costs_what_it_should():
    """32 MiB each of three times; the figures stand in it, so that they can be raised."""
    kept = hash_password("tea")

    assert kept.startswith("scrypt:32768:8:3:")
    assert verify_password("tea", kept)


def test_another_kind_of_hash_is_refused():
    with pytest.raises(ValueError, match="by 'md5', not by scrypt"):
        verify_password("tea", "md5:1:1:1:a:b")


@pytest.mark.parametrize("line", ["ada", "ada:x", ":scrypt:1:2:3:4:5", "ada:scrypt:1:2:3:4"])
def test_a_line_that_is_none_is_told_without_its_content(line):
    with pytest.raises(
        PasswordError, match=r"^line 2 of the passwords is none; make one"
    ) as raised:
        Accounts(["", line])

    assert "ada" not in str(raised.value)


def test_who_is_unknown_is_looked_at_as_long(monkeypatch):
    """The same work is done for every name, so that the time tells nobody who there is."""
    calls = []
    accounts = Accounts(["ada:" + hash_password("tea", cost=16)])
    known = verify_password
    monkeypatch.setattr(
        "examples.site.passwords.verify_password",
        lambda password, kept: calls.append(kept.split(":")[:4]) or known(password, kept),
    )

    assert accounts.find("eve", "tea") is None
    assert accounts.find("ada", "tea") == "ada"
    assert calls[0] == calls[1] == ["scrypt", "16", "8", "3"]


def test_the_command_keeps_a_hash_that_lets_in(root, tmp_path):
    finished = run(root, "Ada", SITE_DATA=str(tmp_path))
    settings = Settings(data=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert password_file(settings).stat().st_mode & 0o777 == 0o600
    assert Accounts.read(settings).find("ADA", "a teapot of one's own") == "ada"


def test_a_second_password_replaces_the_first_and_leaves_others(root, tmp_path):
    for name, password in (
        ("ada", "the first of two"),
        ("eve", "another of hers"),
        ("ada", "the second one"),
    ):
        assert run(root, name, password=password, SITE_DATA=str(tmp_path)).returncode == 0
    accounts = Accounts.read(Settings(data=tmp_path))

    assert accounts.find("ada", "the first of two") is None
    assert accounts.find("ada", "the second one") == "ada"
    assert accounts.find("eve", "another of hers") == "eve"


def test_a_line_can_be_printed_for_the_environment(root, tmp_path):
    finished = run(root, "ada", "--print", SITE_DATA=str(tmp_path))
    accounts = Accounts.read(Settings(data=tmp_path, passwords=finished.stdout))

    assert accounts.find("ada", "a teapot of one's own") == "ada"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("ada", "short", "12 characters at least"),
        ("a:b", "a teapot of one's own", "no colon"),
        (" ", "a teapot of one's own", "a character at least"),
    ],
)
def test_the_command_refuses(root, tmp_path, name, password, message):
    finished = run(root, name, password=password, SITE_DATA=str(tmp_path))

    assert finished.returncode == 2
    assert message in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_person_types_it_twice(monkeypatch, tmp_path, capsys):
    typed = iter(["a teapot of mine", "a teapot of mime", "a teapot of mine", "a teapot of mine"])
    monkeypatch.setenv("SITE_DATA", str(tmp_path))
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(typed))

    with pytest.raises(SystemExit):
        main(["ada"])
    assert "the two were not the same" in capsys.readouterr().err
    assert main(["ada"]) == 0
    assert "ada may log in" in capsys.readouterr().out
