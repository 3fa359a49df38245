"""Forms as formats: ``req.media("form")`` gives the fields, ``req.media("files")`` the files."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from responder_core.formats.format import Format

if TYPE_CHECKING:
    from responder_core.forms import FormDict
    from responder_core.request import Request
    from responder_core.settings import Settings
    from responder_core.uploads import UploadFile


def make_form(_: Settings) -> Format:
    """The fields of a form; multipart ones when the library that reads them is installed."""
    types: tuple[str, ...] = ("application/x-www-form-urlencoded",)
    if find_spec("python_multipart") is not None:
        types += ("multipart/form-data",)
    return Format("form", types, read=_read_fields)


def make_files(_: Settings) -> Format:
    """The files of a form; asked for by name alone."""
    return Format("files", (), read=_read_files)


async def _read_fields(req: Request) -> FormDict:
    return (await req.read_form()).fields


async def _read_files(req: Request) -> dict[str, UploadFile]:
    """Give the files of a multipart form; any other body has none."""
    return (await req.read_form()).files if req.is_multipart else {}
