"""The gallery: pictures with their captions, from one YAML file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import yaml

if TYPE_CHECKING:
    from pathlib import Path


class GalleryError(ValueError):
    """Raised when the gallery cannot be read; the message names the file and what to do."""

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"{name}: {remedy}")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        name: the name of its file without the suffix, and its address.
        alt: what is to be seen, for who cannot see it.
        caption: what the picture is about.
    """

    name: str
    title: str
    alt: str
    caption: str

    @property
    def file(self) -> str:
        """Where the picture lies below the static files: ``"gallery/kettle.svg"``."""
        return f"gallery/{self.name}.svg"


def read_gallery(path: Path, static: Path) -> dict[str, Picture]:
    """The pictures by name, in the order of the file; none when there is no such file.

    Raises:
        GalleryError: the file is not a list of pictures, or a picture is not on disk.
    """
    if not path.is_file():
        return {}
    try:
        pictures = msgspec.convert(yaml.safe_load(path.read_bytes()), list[Picture])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise GalleryError(path.name, f"mend the list of pictures: {error}") from error
    for picture in pictures:
        if not (static / picture.file).is_file():
            raise GalleryError(path.name, f"there is no static/{picture.file}")
    return {picture.name: picture for picture in pictures}
