"""Forms: urlencoded and multipart bodies as fields and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qsl

import anyio

from responder_core.errors import MissingKeyError, Problem
from responder_core.http.disposition import base_name
from responder_core.http.media_types import parse_media_type
from responder_core.http.query import QueryDict
from responder_core.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from responder_core.body import Body
    from responder_core.multipart import MultipartReader, Part
    from responder_core.settings import Limits
    from responder_core.uploads import UploadFile

# Chunks of a file are joined up to this size, so that few hops to a thread write it.
_BATCH = 256 * 1024
# Bytes above which a urlencoded form is parsed in a worker thread.
_THREAD_SIZE = 64 * 1024


class FormDict(QueryDict):
    """The text fields of a form, read like query parameters: ``form["name"]``.

    Raises:
        MissingKeyError: ``[]`` of a field that was not sent; a 400 when nothing catches it.
    """

    __slots__ = ()

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        for name, value in fields:
            self.lists.setdefault(name, []).append(value)

    def _missing(self, key: str) -> NoReturn:
        raise MissingKeyError(key, "form")

    def __repr__(self) -> str:
        return f"FormDict({self.lists!r})"


class Form:
    """What a form held; its files are closed with it.

    Attributes:
        fields: the text fields.
        files: the files by the name of their field; of several with one name, the last.
    """

    __slots__ = ("_uploads", "fields", "files")

    def __init__(
        self, fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, UploadFile]] = ()
    ) -> None:
        self.fields: FormDict = FormDict(fields)
        uploads = list(files)
        self.files: dict[str, UploadFile] = dict(uploads)
        self._uploads = uploads

    def uploads(self, name: str) -> list[UploadFile]:
        """Every file of a field, in the order they came."""
        return [upload for field, upload in self._uploads if field == name]

    async def close(self) -> None:
        """Close the files, all of them, whatever happens meanwhile."""
        with anyio.CancelScope(shield=True):
            for _, upload in self._uploads:
                await upload.close()


class FormReader:
    """Reads a body as a form, once; one that is refused is refused again.

    Attributes:
        form: the form, once it was read.
    """

    __slots__ = ("_body", "_fault", "_limits", "_lock", "form")

    def __init__(self, body: Body, limits: Limits) -> None:
        self._body = body
        self._limits = limits
        self._lock = anyio.Lock()
        self._fault: Problem | None = None
        self.form: Form | None = None

    async def read(self) -> Form:
        """The form.

        Raises:
            Problem: 415, it is none; 413, it exceeds a limit; 400, it is malformed.
        """
        async with self._lock:
            if self._fault is not None:
                raise self._fault
            if self.form is None:
                try:
                    self.form = await self._parse()
                except Problem as problem:
                    self._fault = problem
                    raise
            return self.form

    async def _parse(self) -> Form:
        body, limits = self._body, self._limits
        content_type = body.content_type
        kind = parse_media_type((content_type or b"").decode("latin-1"))
        if kind == ("multipart", "form-data"):
            return await spool(read_parts(body, limits, "was read as a form"), limits)
        if content_type is not None and kind != ("application", "x-www-form-urlencoded"):
            types = "application/x-www-form-urlencoded, multipart/form-data"
            raise Problem(415, "The body is no form.", headers={"Accept": types})
        content = await body.read(limits.media_size)
        if len(content) > _THREAD_SIZE:
            return await run_in_thread(parse_urlencoded, content, body.codec(), limits)
        return parse_urlencoded(content, body.codec(), limits)


def read_parts(body: Body, limits: Limits, use: str = "was read as parts") -> MultipartReader:
    """The parts of a multipart form as they come in; *use* is as for ``Body.stream()``.

    Raises:
        Problem: 415, it is no multipart form; 413, it exceeds a limit; 400, it is malformed.
        RuntimeError: the body was read otherwise.
    """
    # Its parser is imported by those that get such forms.
    from responder_core.multipart import MultipartReader

    body.refuse_encoded()
    content_type = (body.content_type or b"").decode("latin-1")
    return MultipartReader(body.stream(use), content_type, limits)


def parse_urlencoded(content: bytes, codec: str, limits: Limits) -> Form:
    """A form as ``application/x-www-form-urlencoded`` (WHATWG URL §5.1).

    ``parse_urlencoded(b"a=1&b=%C3%A9", "utf-8", Limits()).fields["b"]`` → ``"é"``. Blank
    values are kept, and ``;`` separates nothing.

    Raises:
        Problem: 413, it has too many fields; 400, it is no text in its charset.
    """
    if content.count(b"&") >= limits.form_fields:
        count = sum(map(bool, content.split(b"&")))
        if count > limits.form_fields:
            raise Problem(413, f"The form has more than {limits.form_fields} fields.")
    try:
        text = content.decode(codec)
        return Form(parse_qsl(text, keep_blank_values=True, encoding=codec, errors="strict"))
    except UnicodeError:
        raise Problem(400, f"The form is no valid {codec} text.") from None


async def spool(parts: AsyncIterator[Part], limits: Limits) -> Form:
    """A multipart form, read to its end; large files go to the disk.

    A file input that nothing was chosen for, sent as an empty file without a name, is left
    out.

    Raises:
        Problem: 413, it exceeds a limit; 400, it is malformed.
    """
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, UploadFile]] = []
    try:
        await _read_parts(parts, fields, files, limits)
    except BaseException:
        for _, upload in files:
            upload.file.close()
        raise
    return Form(fields, files)


async def _read_parts(
    parts: AsyncIterator[Part],
    fields: list[tuple[str, str]],
    files: list[tuple[str, UploadFile]],
    limits: Limits,
) -> None:
    size = 0
    async for part in parts:
        if part.filename is None:
            content = await part.read()
            size += len(content)
            if size > limits.media_size:
                msg = f"The fields of the form are larger than {limits.media_size} bytes."
                raise Problem(413, msg)
            fields.append((part.name, part.decode(content)))
            continue
        upload = _make_upload(part, limits)
        files.append((part.name, upload))
        await _fill(upload, part)
        if upload.filename == "":
            if upload.size == 0:
                files.pop()
                upload.file.close()
            upload.filename = base_name("")


def _make_upload(part: Part, limits: Limits) -> UploadFile:
    from tempfile import SpooledTemporaryFile

    from responder_core.uploads import UploadFile

    # 0 would let it stay in memory, however large.
    memory = max(limits.form_memory, 1)
    file = SpooledTemporaryFile(max_size=memory)  # noqa: SIM115 - the form closes it
    return UploadFile(
        file,  # type: ignore[arg-type]
        size=0,
        filename=part.filename,
        headers=part.headers,
    )


async def _fill(upload: UploadFile, part: Part) -> None:
    """Write the content of a part into a file, and go back to its beginning."""
    batch = bytearray()
    async for chunk in part:
        batch += chunk
        if len(batch) >= _BATCH:
            await upload.write(bytes(batch))
            batch.clear()
    if batch:
        await upload.write(bytes(batch))
    await upload.seek(0)
