"""``responder openapi``: the document of an app, written, or compared with the one that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from responder_core.commands.configuration import Command, load_api, target_argument
from responder_openapi.dialects import QUERY
from responder_openapi.docstrings import METHODS
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        told = [each for each in (target, audience and f"--audience {audience}") if each]
        ctx.exit(report_drift(document, kept, told))
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


def report_drift(document: Schema, kept: Path, told: Sequence[str]) -> int:
    """Say what changed since a document was kept; gives 1 where something did.

    *told* are the arguments that say which document is meant.
    """
    from responder_openapi.drift import compare_documents

    changes = compare_documents(read_document(kept), document)
    if not changes:
        click.echo(f"{kept} is what the app says.")
        return 0
    for title, breaking in (("Breaking", True), ("Compatible", False)):
        found = [each for each in changes if each.is_breaking is breaking]
        if found:
            click.echo("\n".join([f"{title}:", *(f"  {each}" for each in found)]))
    again = " ".join(["responder openapi", *told, f"-o {kept}"])
    click.echo(f"{kept} is not what the app says; write it anew: {again}")
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
    from responder_openapi.docstrings import with_text_keys

    table: Any = with_text_keys(found)
    fault = _find_fault(table)
    if fault is not None:
        msg = f"{file} is no OpenAPI document: {fault}"
        raise click.ClickException(msg)
    return cast("Schema", table)


def _find_fault(document: object) -> str | None:
    """What is wrong with a document, as far as its operations; or None."""
    from responder_openapi.fragments import find_fault

    paths: object = document.get("paths", {}) if is_table(document) else None
    if not is_table(paths) or not all(map(is_table, paths.values())):
        return "it needs paths, each a mapping of operations"
    for path, item in paths.items():
        for name, operation in item.items():
            if name not in METHODS and name != QUERY:
                continue
            if not is_table(operation):
                return f"{name} of {path} is a mapping, not {operation!r}"
            fault = find_fault(operation)
            if fault is not None:
                return f"{name} of {path}: {fault}"
    return None


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
