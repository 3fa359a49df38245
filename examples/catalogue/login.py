"""Who may add books: librarians, who log in with a password."""

import hashlib
import hmac
import os
from dataclasses import dataclass

import responder
from responder_ratelimit import Rule


@dataclass
class Login:
    """What a librarian says."""

    name: str
    password: str


def hash_password(password: str, salt: bytes) -> bytes:
    """What is kept in place of a password (scrypt, RFC 7914)."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, maxmem=2**26)


def is_librarian(login: Login) -> bool:
    """Whether a name and a password are those of ``LIBRARIAN``: ``ada:SALT:HASH``."""
    name, salt, kept = os.environ.get("LIBRARIAN", "::").split(":")
    given = hash_password(login.password, bytes.fromhex(salt))
    # Compared in constant time, and hashed whatever the name: time tells nothing.
    is_right = hmac.compare_digest(given.hex(), kept)
    return is_right and hmac.compare_digest(login.name.encode(), name.encode())


def librarian(req: responder.Request) -> None:
    """Let only those pass who have logged in."""
    if req.session.principal is None:
        responder.abort(403, detail="Log in first.")


def failed(req: responder.Request, resp: responder.Response) -> bool:
    """Whether an answer refused a login."""
    return resp.status_code == 403


router = responder.Router(tags=["login"])


@router.post("/login", status_code=204, rate_limit=Rule("5/minute", when=failed))
def log_in(req: responder.Request, resp: responder.Response, *, login: Login) -> None:
    """Log in; five wrong passwords a minute are enough."""
    if not is_librarian(login):
        responder.abort(403, detail="That is no name and password of a librarian.")
    req.session.login(login.name)


@router.post("/logout", status_code=204)
def log_out(req: responder.Request, resp: responder.Response) -> None:
    """Log out."""
    req.session.destroy()


if __name__ == "__main__":
    import getpass
    import secrets
    import sys

    salt = secrets.token_bytes(16)
    print(f"{sys.argv[1]}:{salt.hex()}:{hash_password(getpass.getpass(), salt).hex()}")
