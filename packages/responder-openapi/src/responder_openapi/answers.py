"""Answers: what an operation gives when all goes well, and what the program says of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_origin

from responder_core.annotations import members
from responder_core.status import CONTENTLESS
from responder_openapi.examples import name_examples, plain
from responder_openapi.fragments import merge
from responder_openapi.problems import title_of
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_core.operations import Operation
    from responder_openapi.components import Schema
    from responder_openapi.schemas import Schemas

JSON = "application/json"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"

# What an annotation that is not checked tells of the answer.
_PLAIN: dict[Any, tuple[str, Schema]] = {
    str: ("text/plain", {"type": "string"}),
    bytes: ("application/octet-stream", {}),
    dict: (JSON, {"type": "object"}),
    list: (JSON, {"type": "array", "items": {}}),
    int: (JSON, {"type": "integer"}),
    float: (JSON, {"type": "number"}),
    bool: (JSON, {"type": "boolean"}),
}


def want_answers(operation: Operation, schemas: Schemas, where: str) -> None:
    """Ask for the schemas that the answers of an operation need."""
    if operation.result is not None:
        schemas.want(operation.result, "output", f"{where}, the result")
    if operation.stream is not None:
        schemas.want(operation.stream.model, "output", f"{where}, the items")
    for status, told in operation.route.responses.items():
        if _is_model(told) and status not in CONTENTLESS:
            schemas.want(told, "output", f"{where}, responses[{status}]")


def describe_answers(
    operation: Operation, schemas: Schemas, examples: Mapping[int, Any], *, streams: bool
) -> dict[str, Schema]:
    """The answers of an operation by status, but those of the app itself.

    With *streams* the items of streams are told as OpenAPI 3.2 has them.
    """
    status = operation.route.status_code or 200
    answer: Schema = {"description": title_of(status)}
    if status not in CONTENTLESS:
        content = _describe_success(operation, schemas, streams=streams)
        if content:
            answer["content"] = content
    answers = {str(status): answer}
    for code, told in operation.route.responses.items():
        below = answers.get(str(code), {"description": title_of(code)})
        if code in CONTENTLESS and _is_model(told):
            continue
        described = _describe_told(told, schemas)
        # Beside a reference nothing may stand.
        answers[str(code)] = described if "$ref" in described else merge(below, described)
    for code, example in examples.items():
        below = answers.setdefault(str(code), {"description": title_of(int(code))})
        below["content"] = _with_example(below.get("content") or {JSON: {}}, example)
    return answers


def _is_model(told: object) -> bool:
    return told is not None and not isinstance(told, (str, dict))


def _describe_told(told: Any, schemas: Schemas) -> Schema:  # noqa: ANN401 - what the program has
    """What the program says of a status: a type, words, or a Response Object."""
    if isinstance(told, str):
        return {"description": told}
    if is_table(told):
        return cast("Schema", plain(told))
    return {} if told is None else {"content": {JSON: {"schema": schemas.of(told, "output")}}}


def _describe_success(operation: Operation, schemas: Schemas, *, streams: bool) -> Schema:
    stream = operation.stream
    if stream is not None:
        item = schemas.of(stream.model, "output")
        is_json = str not in members(stream.model)  # Events have a text as it is.
        return _describe_stream(stream.kind, item, streams=streams, is_json=is_json)
    if operation.result is not None:
        content: Schema = {JSON: {"schema": schemas.of(operation.result, "output")}}
        if str in members(operation.annotation):
            content["text/plain"] = {"schema": {"type": "string"}}
        return content
    return _describe_plain(operation.annotation)


def _describe_plain(annotation: Any) -> Schema:  # noqa: ANN401 - any annotation
    """What a view gives that is not checked: ``str | int`` → text or JSON; nothing of others."""
    kinds = [get_origin(each) or each for each in members(annotation)]
    told = [next((_PLAIN[each] for each in _PLAIN if each is kind), None) for kind in kinds]
    content: dict[str, list[Schema]] = {}
    for each in told:
        if each is None:
            return {}
        content.setdefault(each[0], []).append(dict(each[1]))
    return {
        media_type: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
        if schemas[0]
        else {}
        for media_type, schemas in content.items()
    }


def _describe_stream(kind: str, item: Schema, *, streams: bool, is_json: bool) -> Schema:
    media_type = EVENTS if kind == "sse" else LINES
    if not streams:
        return {
            media_type: {
                "schema": {"type": "string"},
                "x-responder-stream": kind,
                "x-responder-item-schema": item,
            }
        }
    return {
        media_type: {
            "itemSchema": _describe_event(item if is_json else {}) if kind == "sse" else item
        }
    }


def _describe_event(item: Schema) -> Schema:
    """An event whose data is JSON (OpenAPI 3.2, Sequential Media Types)."""
    data: Schema = {"type": "string"}
    if item:
        data |= {"contentMediaType": JSON, "contentSchema": item}
    return {
        "type": "object",
        "properties": {
            "data": data,
            "event": {"type": "string"},
            "id": {"type": "string"},
            "retry": {"type": "integer", "minimum": 0},
        },
    }


def _with_example(content: Schema, example: Any) -> Schema:  # noqa: ANN401 - the program's own
    """Content with an example; of a table of several with names, all of them."""
    first, *rest = content.items()
    is_named = is_table(example) and all(
        is_table(each) and "value" in each for each in example.values()
    )
    told = {"examples": name_examples(example)} if is_named else {"example": plain(example)}
    return {first[0]: {**first[1], **told}, **dict(rest)}
