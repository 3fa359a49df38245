"""Writing: what a form says of a post, as the file that it becomes."""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from dataclasses import dataclass, fields
from datetime import date, datetime, timezone
from threading import Lock
from typing import TYPE_CHECKING

import yaml

from examples.site.content import check_picture
from examples.site.files import write_file
from examples.site.posts import Post, PostError, parse_post, read_post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from examples.site.gallery import Picture

# Control characters have no business in a post, and the search marks its hits by two of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


# So that nobody writes between the look at a version and what is done about it.
_turn = Lock()


class ConflictError(Exception):
    """Raised when a post was changed, or made, by somebody else since the form was opened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of the form, as text; ``draft`` is ``"on"`` or empty.

    Attributes:
        version: what the post was when the form was opened; empty for a new one.
    """

    slug: str = ""
    title: str = ""
    date: str = ""
    tags: str = ""
    summary: str = ""
    picture: str = ""
    draft: str = ""
    body: str = ""
    version: str = ""

    @classmethod
    def of_form(cls, form: Mapping[str, str], slug: str = "") -> Entry:
        """What was sent; of a post that is there already, its *slug* stays."""
        values = {field.name: str(form.get(field.name) or "") for field in fields(cls)}
        body = _CONTROL.sub("", values.pop("body").replace("\r\n", "\n").replace("\r", "\n"))
        lines = {name: " ".join(_CONTROL.sub(" ", text).split()) for name, text in values.items()}
        lines["slug"] = slug or lines["slug"] or make_slug(lines["title"])
        return cls(**lines, body=body.strip("\n") + "\n")

    @classmethod
    def of_post(cls, post: Post) -> Entry:
        """A post as the form shows it."""
        return cls(
            slug=post.slug,
            title=post.title,
            date=post.date.isoformat(),
            tags=", ".join(post.tags),
            summary=post.summary,
            picture=post.picture or "",
            draft="on" if post.draft else "",
            body=post.body,
            version=version_of(post.source),
        )

    def source(self) -> str:
        """The file: front matter in YAML, and the body; the reverse of ``parse_post()``."""
        facts: dict[str, object] = {
            "title": self.title,
            "date": _read_date(self.date),
            "tags": [tag for each in self.tags.split(",") if (tag := each.strip().lower())],
            "summary": self.summary,
        }
        if self.picture:
            facts["picture"] = self.picture
        if self.draft:
            facts["draft"] = True
        head = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100)
        return f"---\n{head}---\n\n{self.body}"


def make_slug(title: str) -> str:
    """The address of a title: ``"Tea, the Café way"`` → ``"tea-the-cafe-way"``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:80].strip("-")


def version_of(source: str) -> str:
    """What tells one version of a post from another."""
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def save_entry(folder: Path, entry: Entry, pictures: dict[str, Picture]) -> Post:
    """Write a post. It is read before it is written, so what is on disk can always be read.

    Raises:
        PostError: a field says what it should not; the message tells which.
        ConflictError: somebody else was quicker.
    """
    post = parse_post(entry.slug, entry.source())
    check_picture(post, pictures)
    path = _path(folder, entry.slug)
    with _turn:
        if entry.version:
            check_version(folder, entry.slug, entry.version)
        try:
            write_file(path, post.source.encode(), is_new=not entry.version)
        except FileExistsError:
            raise ConflictError(entry.slug) from None
    return post


def delete_post(folder: Path, slug: str, version: str, trash: Path) -> Path:
    """Take a post away; its file goes to the *trash*, so that it can come back.

    Raises:
        ConflictError: it was changed since it was shown.
    """
    now = datetime.now(timezone.utc)
    target = trash / f"{slug}.{now:%Y%m%dT%H%M%S.%f}.md"
    trash.mkdir(parents=True, exist_ok=True)
    with _turn:
        check_version(folder, slug, version)
        shutil.move(_path(folder, slug), target)
    return target


def check_version(folder: Path, slug: str, version: str) -> None:
    """Refuse to overwrite what was not seen.

    Raises:
        ConflictError: the file is another one, or gone.
    """
    try:
        current = version_of(read_post(_path(folder, slug)).source)
    except (FileNotFoundError, PostError):
        current = ""
    if current != version:
        raise ConflictError(slug)


def _path(folder: Path, slug: str) -> Path:
    """The file of a post; slugs are checked when a post is parsed, and again here."""
    if not re.fullmatch("[a-z0-9-]+", slug):
        raise PostError(slug, "name the file with a-z, 0-9 and '-' only")
    return folder / "posts" / f"{slug}.md"


def _read_date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text  # Told with the other mistakes.
