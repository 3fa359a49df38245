"""Passwords: who may write here, known by scrypt hashes (RFC 7914) alone.

``python -m examples.site.passwords ada`` asks for a password, and keeps its hash in the data
folder; with ``--print`` it prints the line for ``SITE_PASSWORDS`` in its place.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import hmac
import os
import secrets
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from examples.site.files import write_file
from examples.site.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import responder

# 32 MiB and a tenth of a second or so, three times over: what OWASP's cheat sheet asks for.
_COST, _BLOCK, _PARALLEL = 2**15, 8, 3
_SHORTEST = 12


class PasswordError(ValueError):
    """Raised when a line of passwords cannot be read; it says which, and not what is in it."""


def hash_password(password: str, *, cost: int = _COST) -> str:
    """A password as it is kept: ``"scrypt:32768:8:3:"``, the salt, ``":"`` and the hash.

    No ``$``, which shells would take for a variable.
    """
    salt = secrets.token_bytes(16)
    parts = "scrypt", str(cost), str(_BLOCK), str(_PARALLEL)
    found = _scrypt(password, salt, cost, _BLOCK, _PARALLEL)
    return ":".join((*parts, _encode(salt), _encode(found)))


def verify_password(password: str, kept: str) -> bool:
    """Whether a password is the one that was hashed; the reverse of ``hash_password()``.

    Raises:
        ValueError: it is no hash of ours.
    """
    word, cost, block, parallel, salt, expected = kept.split(":")
    if word != "scrypt":
        msg = f"the hash is made by {word!r}, not by scrypt"
        raise ValueError(msg)
    found = _scrypt(password, urlsafe_b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, urlsafe_b64decode(expected))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    room = 128 * block * (cost + parallel + 2)
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=2 * room, dklen=32
    )


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()


class Accounts:
    """Who may write here: lines of ``name:hash``.

    Raises:
        PasswordError: a line is none.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._hashes: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            name, _, kept = line.strip().partition(":")
            if not name or kept.count(":") != 5:
                msg = (
                    f"line {number} of the passwords is none; "
                    "make one: python -m examples.site.passwords NAME"
                )
                raise PasswordError(msg)
            self._hashes[name.casefold()] = kept
        # Compared with where there is no such name, so that the time tells nobody who there is.
        self._nobody = next(iter(self._hashes.values()), hash_password("", cost=2))

    @classmethod
    def read(cls, settings: Settings) -> Accounts:
        """Those of the environment, else those of the file."""
        path = password_file(settings)
        text = settings.passwords
        if not text and path.is_file():
            text = path.read_text(encoding="utf-8")
        return cls(text.splitlines())

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def __contains__(self, name: object) -> bool:
        return name in self._hashes

    def find(self, name: str, password: str) -> str | None:
        """The name of who has this password, or None; it takes its time, so call it in a thread."""
        known = name.strip().casefold()
        is_right = verify_password(password, self._hashes.get(known, self._nobody))
        return known if is_right and known in self._hashes else None


def password_file(settings: Settings) -> Path:
    """Where the hashes are kept."""
    return settings.data / "passwords"


def accounts_of(req: responder.Request) -> Accounts:
    """The accounts that the lifespan put into ``api.state``."""
    accounts: Accounts = req.api.state.accounts
    return accounts


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask for a password, and keep its hash; the command."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.site.passwords", description="Let somebody write on the site."
    )
    parser.add_argument("name", help="who it is, as typed at the login")
    parser.add_argument("--print", action="store_true", help="print the line, and keep nothing")
    parser.add_argument("--stdin", action="store_true", help="read the password from stdin")
    given = parser.parse_args(arguments)
    name = str(given.name).strip().casefold()
    if not name or ":" in name:
        parser.error(f"a name has a character at least, and no colon: {given.name!r}")
    password = sys.stdin.readline().rstrip("\n") if given.stdin else getpass.getpass()
    if len(password) < _SHORTEST:
        parser.error(f"the password has {_SHORTEST} characters at least")
    if not given.stdin and getpass.getpass("Once more: ") != password:
        parser.error("the two were not the same; nothing is kept")
    line = f"{name}:{hash_password(password)}"
    if given.print:
        print(line)
        return 0
    path = password_file(Settings.read(os.environ))
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    others = [each for each in lines if not each.startswith(f"{name}:")]
    write_file(path, "\n".join([*others, line, ""]).encode(), mode=0o600)
    print(f"{name} may log in once the site is started anew; kept in {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
