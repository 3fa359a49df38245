"""``responder openapi``: the document of an app, written, or compared with the one that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from responder_core.commands.configuration import Command, load_api, target_argument
from responder_openapi.docstrings import METHODS
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from responder_openapi.components import Schema

_SUFFIXES: dict[str, Literal["json", "yaml"]] = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
}


@click.command("openapi", cls=Command)
@target_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; without it, standard output.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    help="The form.  [default: by the suffix of the file, else yaml]",
)
@click.option("--audience", help="The document of these, beside what is for everybody.")
@click.option(
    "--check",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with a document that is kept: exit with 1 where it differs.",
)
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    *,
    output: Path | None,
    form: Literal["yaml", "json"] | None,
    audience: str | None,
    kept: Path | None,
) -> None:
    """Write the OpenAPI document of TARGET, or compare it with the one that is kept."""
    if kept is not None and output is not None:
        msg = "--check compares and --output writes; say one of them"
        raise click.UsageError(msg)
    document = make_document(target, audience)
    if kept is not None:
        ctx.exit(report_drift(document, kept))
    from responder_openapi.serving import encode_document

    suffix = output.suffix if output is not None else ""
    content = encode_document(document, form or _SUFFIXES.get(suffix, "yaml"))
    if output is None:
        click.echo(content, nl=not content.endswith(b"\n"))
    else:
        try:
            output.write_bytes(content if content.endswith(b"\n") else content + b"\n")
        except OSError as error:
            msg = f"{output} cannot be written: {error.strerror}"
            raise click.ClickException(msg) from error
        click.echo(f"Wrote {output}.", err=True)


def make_document(target: str | None, audience: str | None) -> Schema:
    """The document of an app; one that has no ``OpenAPI()`` is documented as it is.

    Raises:
        click.ClickException: there is no such app, or its document cannot be made.
    """
    from responder_openapi.document import list_audiences
    from responder_openapi.errors import DocumentError
    from responder_openapi.extension import OpenAPI, find_openapi

    api = load_api(target)
    known = list_audiences(api)
    if audience is not None and audience not in known:
        msg = f"no route is for the audience {audience!r}; there is {', '.join(known) or 'none'}"
        raise click.ClickException(msg)
    openapi = find_openapi(api)
    if openapi is None:
        openapi = OpenAPI(openapi_route=None)
        openapi.install(api)
    try:
        return openapi.document(audience)
    except DocumentError as error:
        raise click.ClickException(str(error)) from error


def report_drift(document: Schema, kept: Path) -> int:
    """Say what changed since a document was kept; gives 1 where something did."""
    from responder_openapi.drift import compare_documents

    changes = compare_documents(read_document(kept), document)
    if not changes:
        click.echo(f"{kept} is what the app says.")
        return 0
    for title, breaking in (("Breaking", True), ("Compatible", False)):
        found = [each for each in changes if each.is_breaking is breaking]
        if found:
            click.echo("\n".join([f"{title}:", *(f"  {each}" for each in found)]))
    click.echo(f"{kept} is not what the app says; write it anew: responder openapi -o {kept}")
    return 1


def read_document(file: Path) -> Schema:
    """A document that is kept, as JSON or YAML.

    Raises:
        click.ClickException: it cannot be read.
    """
    import msgspec

    content = file.read_bytes()
    try:
        found: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        found = _read_yaml(file, content)
    if not is_table(found) or not _has_operations(found.get("paths", {})):
        msg = f"{file} is no OpenAPI document: it needs paths, each a mapping of operations"
        raise click.ClickException(msg)
    from responder_openapi.docstrings import with_text_keys

    table: Schema = with_text_keys(found)
    return table


def _has_operations(paths: object) -> bool:
    """Whether something is a Paths Object, as far as it is looked at."""
    if not is_table(paths):
        return False
    for item in paths.values():
        if not is_table(item):
            return False
        for name, operation in item.items():
            if name in METHODS and not (
                is_table(operation) and is_table(operation.get("responses"))
            ):
                return False
    return True


def _read_yaml(file: Path, content: bytes) -> Any:  # noqa: ANN401 - whatever is in it
    try:
        import yaml
    except ImportError as error:
        msg = f"{file} is no JSON, and YAML needs PyYAML: pip install 'responder-core[yaml]'"
        raise click.ClickException(msg) from error
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        msg = f"{file} cannot be read: {error}"
        raise click.ClickException(msg) from error
